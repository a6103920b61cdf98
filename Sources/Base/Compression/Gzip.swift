// gzip (RFC 1952), as streams and as whole values.

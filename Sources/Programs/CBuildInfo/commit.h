#define COMMIT "bbf434a04e+changes"

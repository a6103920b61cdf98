# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Refuses, with whatever reason it is told, at once or a call deeper
"""

interface Refusal:
    def refuse(reason: String[256]): nonpayable

@external
def refuse(reason: String[256]):
    raise reason

@external
def refuse_deeper(reason: String[256]):
    extcall Refusal(self).refuse(reason)

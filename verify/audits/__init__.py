"""Audits of anyone's loss: two of them compared, or one looked at alone.

    verify.same(f, g, inputs, hyper, dtype, seed) -> Report
    verify.audit(f, against, inputs, hyper, dtype, seed) -> Report

f(h, h_prime, **hyper) → scalar is any torch callable; what it does is measured, its code is not
read. The core needs torch alone, so that it runs in the environment of the code that is audited.
"""

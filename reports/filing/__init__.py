"""Filing: keys, signatures, the register and the life of a filing, from draft to filed and corrected.

What a bundle says is made elsewhere in reports/; here stand who signed it, what stops it, and that it stays as it was filed.
"""

"""Functions that a printed file defines if its formulas need them."""

HELPERS = {
    "_inverse": '''def _inverse(x: Tensor) -> Tensor:
    """1/x, and 0 at 0: the zero subgradient of a length there."""
    return torch.where(x == 0, torch.zeros_like(x), 1 / x)
''',
    "_power": '''def _power(x: Tensor, exponent: float) -> Tensor:
    """x**exponent, x ≥ 0 but for rounding; for an exponent below 0, 0 at 0."""
    x = x.clamp(min=0)
    out = x**exponent
    return out.masked_fill(x == 0, 0.0) if exponent < 0 else out
''',
    "_distances": '''def _distances(x: Tensor, y: Tensor) -> Tensor:
    """‖x_i − y_j‖, (N, N): by a matrix product, close rows would lose their digits."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
''',
    "_add_rows": '''def _add_rows(n: int, index: Tensor, x: Tensor) -> Tensor:
    """(n, …): each block of x added to the row that the index has for it."""
    rows = x.new_zeros(n, *x.shape[index.ndim :])
    return rows.index_add(0, index.flatten(), x.flatten(0, index.ndim - 1))
''',
    "_add_at": '''def _add_at(n: int, index: Tensor, x: Tensor) -> Tensor:
    """(N, n, …): the block x[i, e] added at [i, index[i, e]]."""
    own = torch.arange(len(index), device=index.device)[:, None]
    places = x.new_zeros(len(index), n, *x.shape[index.ndim :])
    blocks = x.flatten(1, index.ndim - 1)
    return places.index_put((own, index.flatten(1)), blocks, accumulate=True)
''',
    "_largest": '''def _largest(x: Tensor, share: float) -> Tensor:
    """Which of each row's N − 1 finite entries are its largest share, with ties."""
    count = math.ceil(round(share * (x.shape[-1] - 1), 9))  # 0.1 * 30 is above 3
    return x >= x.topk(max(1, count), dim=-1).values[..., -1:]
''',
    "_log": '''def _log(x: float) -> float:
    """log x, and −∞ at 0."""
    return math.log(x) if x > 0 else -math.inf
''',
}
ONCE = '''class _Once(torch.autograd.Function):
    """Passes a gradient on; its own derivative, a constant, would be wrong."""

    @staticmethod
    def forward(ctx, upstream):
        return upstream.clone()

    @staticmethod
    def backward(ctx, upstream):
        raise RuntimeError("no second derivative: this loss is differentiable once.")
'''
NEEDS_MATH = ("_largest", "_log")

CHECK = """def _check(h: Tensor, h_prime: Tensor) -> None:
    if h.ndim != 2 or h.shape != h_prime.shape:
        raise ValueError(
            f"shapes {tuple(h.shape)} and {tuple(h_prime.shape)}: both views must be "
            "(N, D), row i of the one the positive of row i of the other."
        )
    if h.shape[0] < 2 or h.shape[1] < 1:
        raise ValueError(f"a batch of shape {tuple(h.shape)}: need N >= 2 and D >= 1.")
    if not h.is_floating_point() or h.dtype != h_prime.dtype:
        raise ValueError(f"dtypes {h.dtype} and {h_prime.dtype}: need one float dtype.")
"""
CHECK_UNIT = """    tolerance = 64 * torch.finfo(h.dtype).eps
    for name, x in (("h", h), ("h_prime", h_prime)):
        norms = x.detach().to(torch.promote_types(x.dtype, torch.float32)).norm(dim=1)
        if not bool(((norms - 1).abs() <= tolerance).all()):
            raise ValueError(f"a row of {name} is not of norm 1: normalise the rows.")
"""
CHECK_RAW = """    if not bool(h.isfinite().all() & h_prime.isfinite().all()):
        raise ValueError("an entry of h or h_prime is not finite.")
"""
CHECK_LABELS = """    if {name}.shape != h.shape[:1]:
        raise ValueError(f"{name} has shape {{tuple({name}.shape)}}: need (N,).")
"""
CHECK_INDICES = """    if {name}.ndim != 2 or {name}.shape[0] != n or {name}.dtype != torch.int64:
        raise ValueError("{name} must hold sample numbers, (N, M), of dtype int64.")
    own = torch.arange(n, device={name}.device)[:, None]
    if not bool((({name} >= 0) & ({name} < n) & ({name} != own)).all()):
        raise ValueError("{name} must hold numbers 0 to N - 1, none i in row i.")
"""

"""Planted faults: losses that are wrong in one place, as subjects of verification."""

from dataclasses import replace

import torch
from sympy import Add, Rational, S

import derive.torch
from derive.nodes import H_PRIME, Angle, Cos, Exp, H, Hinge, Log, N, Step, Stop
from derive.notation import cosine, distance, hardest, same_view, score, sum_features, sum_samples
from derive.objectives import _common
from derive.objectives._vicreg import covariance
from derive.objectives.arccon import ArcCon
from derive.objectives.infonce import InfoNCE
from derive.objectives.met import MET
from derive.objectives.mpt import MPT
from derive.objectives.mvicreg import MVICReg
from derive.objectives.vicreg import VICReg
from derive.paradigm import decompose
from verify.subject import Subject


def planted(wrong):
    """The subject whose formula is that of `wrong`, with the oracle of the right loss."""
    right = Subject.of(wrong.name)

    def fast(**arguments):
        return derive.torch.objective(wrong(), **arguments)

    return replace(right, objective=wrong(), decomposition=decompose(wrong()), fast=fast)


def _positive():
    return score(lambda k: cosine(k, k))


class SignOfThePositive(InfoNCE):
    name = "infonce"

    def terms(self, i, x):
        s = _positive()
        return s(i) / x.tau + Log(Exp(s(i) / x.tau) + _common.partition(cosine, i, x.tau))


class TemperatureDropped(InfoNCE):
    name = "infonce"

    def terms(self, i, x):
        s = _positive()
        return -s(i) + Log(Exp(s(i) / x.tau) + _common.partition(cosine, i, x.tau))


class SelfPairInTheSum(InfoNCE):
    name = "infonce"

    def terms(self, i, x):
        s = _positive()
        everything = sum_samples(lambda k: Exp(cosine(i, k) / x.tau))
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + everything)


class ExtraStopGradient(InfoNCE):
    name = "infonce"
    stop_gradients = "the negatives"

    def terms(self, i, x):
        s = _positive()
        others = Stop(_common.partition(cosine, i, x.tau))
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + others)


class WrongView(InfoNCE):
    name = "infonce"
    pool = "same-view"  # or the derivation refuses it

    def terms(self, i, x):
        s = _positive()
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + _common.partition(same_view, i, x.tau))


class TransposedPool(InfoNCE):
    name = "infonce"

    def terms(self, i, x):
        s = _positive()
        others = _common.partition(lambda i, k: cosine(k, i), i, x.tau)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + others)


class AngularMarginSubtracted(ArcCon):
    name = "arccon"

    def terms(self, i, x):
        s = score(lambda k: Cos(Angle(cosine(k, k)) - x.u))
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + _common.partition(cosine, i, x.tau))


class MarginSign(MPT):
    name = "mpt"

    def terms(self, i, x):
        s = _positive()
        return Hinge(-s(i) + hardest(lambda k: cosine(i, k), i) - x.m)


class NoHinge(MPT):
    name = "mpt"

    def terms(self, i, x):
        s = _positive()
        return -s(i) + hardest(lambda k: cosine(i, k), i) + x.m


class FarthestForNearest(MET):
    name = "met"

    def terms(self, i, x):
        s = score(lambda k: -distance(H, k, H_PRIME, k))
        return Hinge(-s(i) - hardest(lambda k: distance(H, i, H_PRIME, k), i) + x.m)


class SquaredDistance(MET):
    name = "met"

    def terms(self, i, x):
        s = score(lambda k: -(distance(H, k, H_PRIME, k) ** 2))
        return Hinge(-s(i) + hardest(lambda k: -(distance(H, i, H_PRIME, k) ** 2), i) + x.m)


class NForNMinusOne(VICReg):
    name = "vicreg"

    def terms(self, i, x):
        right = VICReg.terms(self, i, x)
        return {**right, "covariance": right["covariance"] * ((N - 1) / N) ** 2}


class DiagonalKept(VICReg):
    name = "vicreg"

    def terms(self, i, x):
        right = VICReg.terms(self, i, x)
        extra = sum_features(lambda a: covariance(H)(a, a) ** 2) * x.nu_cov
        return {**right, "covariance": Add(right["covariance"], extra)}


class OneViewOnly(VICReg):
    name = "vicreg"

    def terms(self, i, x):
        right = VICReg.terms(self, i, x)
        return {**right, "variance": right["variance"] / 2}


def _modified_vicreg(i, x, stop=Stop, pairs=S.One, push_factor=1):
    s = _positive()
    gate = Step(-s(i) + hardest(lambda k: cosine(i, k), i) + x.m)
    everything = pairs * sum_samples(lambda k: _common.partition(same_view, k, x.tau))

    def weight(j):
        return stop(Exp(same_view(i, j) / x.tau) / everything)

    pull = stop(x.r * sum_samples(weight, other_than=i))
    push = sum_samples(lambda j: weight(j) * same_view(i, j), other_than=i)
    return Stop(gate) * (-pull * cosine(i, i) + push_factor * push)


class MissingStopGradient(MVICReg):
    name = "mvicreg"

    def terms(self, i, x):
        return _modified_vicreg(i, x, stop=lambda e: e)


class EachPairOnce(MVICReg):
    name = "mvicreg"

    def terms(self, i, x):
        return _modified_vicreg(i, x, pairs=Rational(1, 2))


class FactorTwo(MVICReg):
    name = "mvicreg"

    def terms(self, i, x):
        return _modified_vicreg(i, x, push_factor=2)


FORMULAS = (
    SignOfThePositive,
    TemperatureDropped,
    SelfPairInTheSum,
    ExtraStopGradient,
    WrongView,
    TransposedPool,
    AngularMarginSubtracted,
    MarginSign,
    NoHinge,
    FarthestForNearest,
    SquaredDistance,
    NForNMinusOne,
    DiagonalKept,
    OneViewOnly,
    MissingStopGradient,
    EachPairOnce,
    FactorTwo,
)


class _Altered(torch.autograd.Function):
    """The identity, with gradients altered by a function of (gradient, h)."""

    @staticmethod
    def forward(ctx, h, alter):
        ctx.save_for_backward(h)
        ctx.alter = alter
        return h.clone()

    @staticmethod
    def backward(ctx, upstream):
        return ctx.alter(upstream, *ctx.saved_tensors), None


def with_fast(name, wrap):
    """The right loss, its fast objective replaced by wrap(module), a function of (h, h_prime)."""
    right = Subject.of(name)
    return replace(right, fast=lambda **arguments: wrap(right.fast(**arguments)))


def gradient_scaled(factor):
    def wrap(module):
        def run(h, h_prime, **inputs):
            return module(_Altered.apply(h, lambda g, _: factor * g), h_prime, **inputs)

        return run

    return wrap


def views_swapped(module):
    return lambda h, h_prime, **inputs: module(h_prime, h)


def sum_for_mean(module):
    return lambda h, h_prime, **inputs: len(h) * module(h, h_prime, **inputs)


def second_view_detached(module):
    return lambda h, h_prime, **inputs: module(h, h_prime.detach()) + 0 * h_prime.sum()


def last_row_lost(module):
    def alter(gradient, _):
        gradient = gradient.clone()
        gradient[-1] = 0
        return gradient

    return lambda h, h_prime, **inputs: module(_Altered.apply(h, alter), h_prime)


def half_in_float32(module):
    def run(h, h_prime, **inputs):
        return module(h, h_prime, **inputs) * (1 if h.dtype == torch.float64 else 0.5)

    return run


def double_in_large_batches(module):
    return lambda h, h_prime, **inputs: module(h, h_prime, **inputs) * (2 if len(h) > 8 else 1)


def half_in_large_float32(module):
    def run(h, h_prime, **inputs):
        wrong = h.dtype == torch.float32 and len(h) > 256
        return module(h, h_prime, **inputs) * (0.5 if wrong else 1)

    return run


def nan_where_views_coincide(module):
    def run(h, h_prime, **inputs):
        return module(h, h_prime, **inputs) + 0 * ((h - h_prime) ** 2).sum(dim=1).sqrt().sum()

    return run


def bad_rows_zeroed(module):
    def run(h, h_prime, **inputs):
        first = torch.zeros_like(h)
        first[:, 0] = 1
        good = h.isfinite().all(dim=1, keepdim=True) & (h != 0).any(dim=1, keepdim=True)
        return module(torch.where(good, h, first), h_prime, **inputs)

    return run


FAST = {
    "gradient off by 1e-9": ("infonce", gradient_scaled(1 + 1e-9)),
    "sign of the gradient": ("mpt", gradient_scaled(-1)),
    "views swapped": ("mpt", views_swapped),
    "sum for mean": ("met", sum_for_mean),
    "second view detached": ("arccon", second_view_detached),
    "last row lost": ("mvicreg", last_row_lost),
    "half in float32": ("infonce", half_in_float32),
    "double in large batches": ("mvicreg", double_in_large_batches),
    "NaN where views coincide": ("infonce", nan_where_views_coincide),
    "bad rows replaced in silence": ("mpt", bad_rows_zeroed),
}

"""The Matrix Cookbook, sections 8.1.1 and 8.4.2: derivatives of Gaussian densities and of their mixtures.

Named by their sections in K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, November 15, 2012, and by the number
of the equation only where that is certain.
"""

import torch
from sympy import Determinant, MatrixSymbol, exp, log, pi, sqrt, symbols

from verifier import Case, symmetric

n = symbols("n", integer=True, positive=True)
rho, sigma = symbols("rho sigma", positive=True)

x, m, v, r = (MatrixSymbol(name, n, 1) for name in "xmvr")
S, R = symmetric("S", n), symmetric("R", n)


def density(x, mean, covariance):
    """The density of a Gaussian."""
    form = ((x - mean).T * covariance.I * (x - mean))[0, 0]
    return exp(-form / 2) / sqrt((2 * pi) ** n * Determinant(covariance))


def log_density(x, mean, covariance):
    """Its logarithm in torch."""
    covariance = (covariance + covariance.T) / 2
    return torch.distributions.MultivariateNormal(mean[:, 0], covariance, validate_args=False).log_prob(x[:, 0])


def mixture_in_torch(rho, sigma, x, m, S, r, R):
    """The logarithm of a mixture of two Gaussians, in torch."""
    first, second = log_density(x, m, S), log_density(x, r, R)
    return torch.log(rho * torch.exp(first) + sigma * torch.exp(second))


p = density(x, m, S)
mixture = rho * p + sigma * density(x, r, R)
share = rho * p / mixture

POSITIVE = {
    "S": [[3.0, 0.5, -0.5], [0.5, 4.0, 0.25], [-0.5, 0.25, 3.5]],
    "R": [[4.0, 0.25, 0.5], [0.25, 3.0, -0.5], [0.5, -0.5, 5.0]],
}
COVARIANCE = {"S": POSITIVE["S"]}

CASES = [
    Case(
        "section 8.1.1: ∂p(x)/∂x",
        formula=p,
        function=lambda x, m, S: torch.exp(log_density(x, m, S)),
        claims={x: -p * S.I * (x - m), m: p * S.I * (x - m)},
        inputs=COVARIANCE,
        lesson="The density falls along S⁻¹·(x - m), away from the mean m.",
    ),
    Case(
        "section 8.1.1: ∂²p(x)/∂x∂xᵀ",
        formula=-p * (v.T * S.I * (x - m))[0, 0],
        function=lambda v, x, m, S: (
            -torch.exp(log_density(x, m, S)) * (v * torch.linalg.solve((S + S.T) / 2, x - m)).sum()
        ),
        claims={x: p * (S.I * (x - m) * (x - m).T * S.I - S.I) * v},
        inputs=COVARIANCE,
        lesson="The derivative of the gradient, contracted with a constant v.",
    ),
    Case(
        "section 8.4.2: ∂ln p(s)/∂ρⱼ",
        formula=log(mixture),
        function=mixture_in_torch,
        claims={rho: share / rho, sigma: (1 - share) / sigma},
        inputs=POSITIVE,
        lesson="Two Gaussians with the weights ρ and σ, each with its share of the density. The weights are free here.",
    ),
    Case(
        "section 8.4.2: ∂ln p(s)/∂μⱼ",
        formula=log(mixture),
        function=mixture_in_torch,
        claims={m: share * S.I * (x - m)},
        inputs=POSITIVE,
        lesson="Each mean is drawn towards the sample, in proportion to its share.",
    ),
    Case(
        "(396) ∂ln p(s)/∂Σⱼ",
        formula=log(mixture),
        function=mixture_in_torch,
        claims={S.symbol: share * (S.I * (x - m) * (x - m).T * S.I - S.I) / 2},
        inputs=POSITIVE,
        lesson="The gradient among symmetric matrices; the book adds that Σ needs to be constrained.",
    ),
]

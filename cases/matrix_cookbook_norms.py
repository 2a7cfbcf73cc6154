"""The Matrix Cookbook, sections 2.6 and 2.7: derivatives of norms.

The last case belongs to section 4.2.2, on complex derivatives of traces.

Numbers in brackets are the equations of K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, November 15, 2012.
"""

import torch
from sympy import MatrixSymbol, Trace, symbols

from verifier import Case, norm

m, n = symbols("m n", integer=True, positive=True)

x, a, v = (MatrixSymbol(name, n, 1) for name in "xav")
X = MatrixSymbol("X", m, n)
U, V = MatrixSymbol("U", m, n), MatrixSymbol("V", m, n)
distance = norm(x - a)

CASES = [
    Case(
        "(129) ∂‖x−a‖₂/∂x",
        formula=distance,
        function=lambda x, a: torch.linalg.vector_norm(x - a),
        claims={x: (x - a) / distance},
        lesson="Of length one: walking straight away from a, the distance grows as fast as one walks.",
    ),
    Case(
        "(130) ∂((x−a)/‖x−a‖₂)/∂x",
        formula=v.T * (x - a) / distance,
        function=lambda v, x, a: v.T @ (x - a) / torch.linalg.vector_norm(x - a),
        claims={x: v / distance - (x - a) * (x - a).T * v / distance**3},
        lesson="Contracted with a constant v. The derivative has no part along x - a: the length does not change.",
    ),
    Case(
        "(131) ∂‖x‖₂²/∂x",
        formula=norm(x) ** 2,
        function=lambda x: torch.linalg.vector_norm(x) ** 2,
        claims={x: 2 * x},
        lesson="The square removes the kink at zero.",
    ),
    Case(
        "(131) ∂‖xᵀx‖₂/∂x",
        formula=norm(x.T * x),
        function=lambda x: torch.linalg.vector_norm(x.T @ x),
        claims={x: 2 * x},
        lesson="The norm of a number that is not negative is the number itself.",
    ),
    Case(
        "(132) ∂‖X‖²/∂X, Frobenius norm",
        formula=norm(X) ** 2,
        function=lambda X: torch.linalg.matrix_norm(X) ** 2,
        claims={X: 2 * X},
        lesson="(131) with the entries of a matrix; (119) with A and B one and C zero.",
    ),
    Case(
        "(132) ∂tr(XXᵀ)/∂X",
        formula=Trace(X * X.T),
        function=lambda X: torch.trace(X @ X.T),
        claims={X: 2 * X},
        lesson="The same norm, written with a trace.",
    ),
    Case(
        "(244), (245), (248) ∇tr(XXᴴ)",
        formula=Trace(U * U.T + V * V.T),
        function=lambda U, V: torch.complex(U, V).abs().square().sum(),
        claims={U: 2 * U, V: 2 * V},
        lesson="X is U + i·V. The derivatives by U and V are the real and the imaginary part of the gradient 2·X.",
    ),
]

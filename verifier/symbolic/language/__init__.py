"""What a formula may hold beside SymPy's own nodes."""

from verifier.symbolic.language.answers import (
    Eigenvectors,
    ExponentialDerivative,
    LowerHalf,
    LowerPart,
    PowerDerivative,
    Sylvester,
)
from verifier.symbolic.language.detached import Detached, DetachedMatrix
from verifier.symbolic.language.explicit import Explicit
from verifier.symbolic.language.factorizations import (
    Adjugate,
    Cholesky,
    Eigenvalues,
    MatrixExponential,
    adjugate,
    cholesky,
    diag,
    eigenvalues,
    logdet,
    matrix_exp,
    singular_values,
    solve,
)
from verifier.symbolic.language.normalizations import (
    LayerNorm,
    LogSumExp,
    Softmax,
    layer_norm,
    logsumexp,
    softmax,
)
from verifier.symbolic.language.norms import norm, nuclear_norm
from verifier.symbolic.language.structures import (
    Diagonal,
    LowerTriangular,
    Structured,
    Symmetric,
    conventions,
    diagonal,
    lower_triangular,
    symmetric,
)
from verifier.symbolic.language.totals import Total, mean, total

__all__ = [
    "Adjugate",
    "Cholesky",
    "Detached",
    "DetachedMatrix",
    "Diagonal",
    "Eigenvalues",
    "Eigenvectors",
    "Explicit",
    "ExponentialDerivative",
    "LayerNorm",
    "LogSumExp",
    "LowerHalf",
    "LowerPart",
    "LowerTriangular",
    "MatrixExponential",
    "PowerDerivative",
    "Softmax",
    "Structured",
    "Sylvester",
    "Symmetric",
    "Total",
    "adjugate",
    "cholesky",
    "conventions",
    "diag",
    "diagonal",
    "eigenvalues",
    "layer_norm",
    "logdet",
    "logsumexp",
    "lower_triangular",
    "matrix_exp",
    "mean",
    "norm",
    "nuclear_norm",
    "singular_values",
    "softmax",
    "solve",
    "symmetric",
    "total",
]

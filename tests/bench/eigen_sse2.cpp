#define PATHFLOW_EIGEN eigen_sse2
#define PATHFLOW_EIGEN_NAMESPACE Eigen_sse2
#include "eigen_products.inc"

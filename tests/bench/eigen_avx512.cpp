#define PATHFLOW_EIGEN eigen_avx512
#define PATHFLOW_EIGEN_NAMESPACE Eigen_avx512
#include "eigen_products.inc"

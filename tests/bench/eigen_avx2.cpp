#define PATHFLOW_EIGEN eigen_avx2
#define PATHFLOW_EIGEN_NAMESPACE Eigen_avx2
#include "eigen_products.inc"

// A Monarch matrix on a batch of rows, by the generated kernels and by plain loops in double precision.
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "monarch.h"

namespace {

constexpr int64_t n = 1024;
constexpr int64_t blocks = 32;      // R: `blocks` blocks of size x size, L: `size` blocks of blocks x blocks
constexpr int64_t size = n / blocks;
constexpr int64_t batch = 1001;     // no multiple of any tile
constexpr int64_t distance = n + 4; // rows may lie apart

void check(int code, const char* what) {
  if (code == 0) return;
  std::fprintf(stderr, "%s: %s\n", what, sop_monarch_error(code));
  std::exit(1);
}

// Numbers in [-1, 1), always the same.
std::vector<float> numbers(size_t count, unsigned state) {
  std::vector<float> made(count);
  for (float& each : made) {
    state = state * 1664525u + 1013904223u;
    each = static_cast<float>(static_cast<int>(state) >> 8) / 8388608.0f;
  }
  return made;
}

struct Memory {
  explicit Memory(size_t bytes) { check(cudaMalloc(&data, bytes > 0 ? bytes : 1), "cudaMalloc"); }
  explicit Memory(const std::vector<float>& values) : Memory(values.size() * sizeof(float)) {
    check(cudaMemcpy(data, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice), "cudaMemcpy");
  }
  ~Memory() { cudaFree(data); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  float* floats() const { return static_cast<float*>(data); }
  void* data = nullptr;
};

// y = P' L P R x with P the transposition of the grid [blocks, size]; `magnitude` is |L| P |R| |x|.
void reference(const float* L, const float* R, const float* x, std::vector<double>& y, std::vector<double>& magnitude) {
  std::vector<double> between(n), large(n);
  for (int64_t b = 0; b < blocks; ++b)
    for (int64_t q = 0; q < size; ++q) {
      double sum = 0, total = 0;
      for (int64_t p = 0; p < size; ++p) {
        const double term = static_cast<double>(R[(b * size + q) * size + p]) * x[b * size + p];
        sum += term;
        total += std::fabs(term);
      }
      between[q * blocks + b] = sum;
      large[q * blocks + b] = total;
    }
  for (int64_t q = 0; q < size; ++q)
    for (int64_t a = 0; a < blocks; ++a) {
      double sum = 0, total = 0;
      for (int64_t b = 0; b < blocks; ++b) {
        const double weight = L[(q * blocks + a) * blocks + b];
        sum += weight * between[q * blocks + b];
        total += std::fabs(weight) * large[q * blocks + b];
      }
      y[a * size + q] = sum;
      magnitude[a * size + q] = total;
    }
}

}  // namespace

int main() {
  const std::vector<float> L = numbers(size * blocks * blocks, 1), R = numbers(blocks * size * size, 2);
  const std::vector<float> x = numbers(batch * distance, 3);
  std::vector<float> y(batch * distance, NAN);
  const Memory deviceL(L), deviceR(R), deviceX(x), deviceY(y);
  const Memory params(sop_monarch1k_params_bytes());
  const size_t packBytes = sop_monarch1k_pack_workspace_bytes();
  const size_t workBytes = sop_monarch1k_apply_workspace_bytes(batch);
  const Memory packWorkspace(packBytes), workspace(workBytes);

  cudaStream_t stream;
  check(cudaStreamCreate(&stream), "cudaStreamCreate");
  check(sop_monarch1k_pack(stream, deviceL.floats(), deviceR.floats(), params.data, packWorkspace.data, packBytes),
        "sop_monarch1k_pack");
  check(sop_monarch1k_apply(stream, deviceX.floats(), distance, deviceY.floats(), distance, batch, params.data,
                            workspace.data, workBytes),
        "sop_monarch1k_apply");
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  check(cudaMemcpy(y.data(), deviceY.data, y.size() * sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy");
  check(cudaStreamDestroy(stream), "cudaStreamDestroy");

  // Each of the two sums rounds at most once for every term: |error| <= (size + blocks) 2^-24 magnitude, nearly.
  const double roundings = 1.001 * static_cast<double>(size + blocks) * std::ldexp(1.0, -24);
  std::vector<double> expected(n), magnitude(n);
  double worst = 0;
  for (int64_t row = 0; row < batch; ++row) {
    reference(L.data(), R.data(), &x[row * distance], expected, magnitude);
    for (int64_t i = 0; i < n; ++i) {
      const double share = std::fabs(y[row * distance + i] - expected[i]) / (roundings * magnitude[i]);
      worst = share <= worst ? worst : share;  // NaN is the worst
      if (std::isnan(share)) worst = INFINITY;
    }
    for (int64_t i = n; i < distance; ++i)
      if (!std::isnan(y[row * distance + i])) worst = INFINITY;
  }
  std::printf("monarch1k: %lld rows of %lld, worst error %.3f of the bound\n", static_cast<long long>(batch),
              static_cast<long long>(n), worst);
  return worst <= 1 ? 0 : 1;
}

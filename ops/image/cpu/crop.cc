// CropAndResize and its gradients, in float and in TensorFlow's order.
//
// Items: of the crops, their rows; of the gradient by the images, bands of their rows, each of which reads the rows of
// the crops that reach into it; of the gradient by the boxes, the boxes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "weir/ops/image/cpu/banded_sums.h"
#include "weir/runtime/cpu/patches.h"
#include "weir/runtime/cpu/windows.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace kernels {
namespace {

using ImageTypes = Types<uint8_t, uint16_t, int8_t, int16_t, int32_t, int64_t, Half, float, double>;

// What a crop has from the images along one axis.
struct CropAxis {
  int64_t image = 0, crop = 0;

  // Where pixel i of the crop of [from, to] lies.
  float At(float from, float to, int64_t i) const { return At(from, to, i, (to - from) * last() / float(crop - 1)); }
  // The same, rounded as TensorFlow does for the gradient by the boxes: what lies on the border hangs on it.
  float AtByRatio(float from, float to, int64_t i) const { return At(from, to, i, (to - from) * ratio()); }
  float last() const { return float(image - 1); }
  float ratio() const { return last() / float(crop - 1); }
  bool Inside(float at) const { return at >= 0 && at <= last(); }  // NaN is not

 private:
  float At(float from, float to, int64_t i, float step) const {
    return crop > 1 ? from * last() + float(i) * step : float(0.5 * (from + to) * double(last()));
  }
};

struct CropProblem {
  int64_t images = 0, channels = 0, crops = 0;
  CropAxis y, x;

  int64_t image_row() const { return x.image * channels; }
  int64_t image_size() const { return y.image * image_row(); }
  int64_t crop_row() const { return x.crop * channels; }
};

// The four pixels around a place inside an image, as offsets of their rows and columns, and its distance from the
// first.
struct Between {
  int64_t first, second;
  float part;
  explicit Between(float at)
      : first(int64_t(std::floor(at))), second(int64_t(std::ceil(at))), part(at - float(first)) {}
};

Result<CropProblem> MakeCropProblem(const PrepareContext& c, const Shape& images, const Shape& crops, int boxes) {
  auto unfit = [&](const char* why) {
    return InvalidArgument(fmt::format("cannot crop {} to {}: {}", images.ToString(), crops.ToString(), why));
  };
  if (images.rank() != 4 || crops.rank() != 4) return unfit("both need 4 axes");
  if (images[3] != crops[3]) return unfit("channels differ");
  for (const Shape* s : {&images, &crops}) {
    for (int axis : {1, 2}) {
      if ((*s)[axis] <= 0 || (*s)[axis] > std::numeric_limits<int32_t>::max())
        return unfit("sizes must be positive and below 2^31");
    }
  }
  const Shape &b = c.input_shape(boxes), &of = c.input_shape(boxes + 1);
  if (b.rank() != 2 || b[1] != 4 || of.rank() != 1 || of[0] != b[0] || b[0] != crops[0])
    return unfit("each crop needs a box of 4 coordinates and the number of its image");
  return CropProblem{images[0], images[3], crops[0], {images[1], crops[1]}, {images[2], crops[2]}};
}

// A phase before the main one that checks which images the boxes are of.
void CheckImagesBefore(PrepareContext& c, const CropProblem& p, int input) {
  c.Before(1, double(p.crops), [p, input](RunArgs& a) {
    const int32_t* of = a.in<int32_t>(input);
    for (int64_t i = 0; i < p.crops; ++i) {
      if (of[i] >= 0 && of[i] < p.images) continue;
      return a.Fail(InvalidArgument(fmt::format("has box {} of image {}, outside [0, {})", i, of[i], p.images)));
    }
  });
}

// ---- forward

template <class T>
void LinearRow(const CropProblem& p, const T* image, float at_y, const float* box, float outside, float* out) {
  const Between y(at_y);
  const T *top = image + y.first * p.image_row(), *bottom = image + y.second * p.image_row();
  const int64_t n = p.channels;
  for (int64_t i = 0; i < p.x.crop; ++i, out += n) {
    const float at = p.x.At(box[1], box[3], i);
    if (!p.x.Inside(at)) {
      std::fill_n(out, n, outside);
      continue;
    }
    const Between x(at);
    const int64_t left = x.first * n, right = x.second * n;
    for (int64_t k = 0; k < n; ++k) {
      const float above = float(top[left + k]) + (float(top[right + k]) - float(top[left + k])) * x.part;
      const float below = float(bottom[left + k]) + (float(bottom[right + k]) - float(bottom[left + k])) * x.part;
      out[k] = above + (below - above) * y.part;
    }
  }
}

template <class T>
void NearestRow(const CropProblem& p, const T* image, float at_y, const float* box, float outside, float* out) {
  const T* row = image + int64_t(std::round(at_y)) * p.image_row();
  const int64_t n = p.channels;
  for (int64_t i = 0; i < p.x.crop; ++i, out += n) {
    const float at = p.x.At(box[1], box[3], i);
    if (!p.x.Inside(at)) {
      std::fill_n(out, n, outside);
      continue;
    }
    const T* pixel = row + int64_t(std::round(at)) * n;
    for (int64_t k = 0; k < n; ++k) out[k] = float(pixel[k]);
  }
}

Status PrepareCrop(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(CropProblem p, MakeCropProblem(c, c.input_shape(0), c.output_shape(0), 1));
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  CheckImagesBefore(c, p, 2);
  const float outside = c.attr<float>("extrapolation_value");
  const bool nearest = c.attr<std::string>("method") == "nearest";
  c.ParallelOver(p.crops * p.y.crop, double(p.x.crop) * (10 + 2.0 * double(p.channels)));
  return c.ForType(ImageTypes{}, c.input_dtype(0), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p, outside, nearest](RunArgs& a) {
      for (int64_t row = a.begin; row < a.end; ++row) {
        const int64_t i = row / p.y.crop;
        const float* box = a.in<float>(1) + i * 4;
        const float at = p.y.At(box[0], box[2], row % p.y.crop);
        const T* image = a.in<T>(0) + a.in<int32_t>(2)[i] * p.image_size();
        float* out = a.out<float>(0) + row * p.crop_row();
        if (!p.y.Inside(at)) std::fill_n(out, p.crop_row(), outside);
        else if (nearest) NearestRow(p, image, at, box, outside, out);
        else LinearRow(p, image, at, box, outside, out);
      }
    });
  });
}

// ---- by the images

// A row of a crop's gradient, times `weight`, added to a row of the image.
template <class A>
void AddCropRow(const CropProblem& p, const float* grad, const float* box, bool nearest, float weight, A* row) {
  const int64_t n = p.channels;
  for (int64_t i = 0; i < p.x.crop; ++i, grad += n) {
    const float at = p.x.At(box[1], box[3], i);
    if (!p.x.Inside(at)) continue;
    if (nearest) {
      A* pixel = row + int64_t(std::round(at)) * n;
      for (int64_t k = 0; k < n; ++k) pixel[k] += A(grad[k]);
      continue;
    }
    const Between x(at);
    A *left = row + x.first * n, *right = row + x.second * n;
    for (int64_t k = 0; k < n; ++k) {
      const float g = weight * grad[k];
      left[k] += A((1 - x.part) * g);
      right[k] += A(x.part * g);
    }
  }
}

// The rows of the gradient by one crop that reach into the band `rows` of its image.
template <class A>
void AddCrop(const CropProblem& p, const float* grad, const float* box, bool nearest, Span rows, A* sums) {
  auto add = [&](int64_t row, float weight, int64_t i) {
    if (row < rows.begin || row >= rows.end) return;
    AddCropRow(p, grad + i * p.crop_row(), box, nearest, weight, sums + (row - rows.begin) * p.image_row());
  };
  for (int64_t i = 0; i < p.y.crop; ++i) {
    const float at = p.y.At(box[0], box[2], i);
    if (!p.y.Inside(at)) continue;
    if (nearest) {
      add(int64_t(std::round(at)), 1, i);
    } else {
      const Between y(at);
      add(y.first, 1 - y.part, i);
      add(y.second, y.part, i);
    }
  }
}

template <class T>
Status SetGradImage(PrepareContext& c, const CropProblem& p) {
  const bool nearest = c.attr<std::string>("method") == "nearest";
  const Bands bands(p.images, p.y.image, 1, kWantedBands);
  const double work = double(p.crops * p.y.crop) * double(p.crop_row()) * 5 + double(p.images) * double(p.image_size());
  return SetBandedSums<T>(c, bands, p.image_size(), p.image_row(), work,
                          [p, nearest](RunArgs& a, int64_t image, Span rows, Wide<T>* sums) {
                            for (int64_t i = 0; i < p.crops; ++i) {
                              if (a.in<int32_t>(2)[i] != image) continue;
                              const float* crop = a.in<float>(0) + i * p.y.crop * p.crop_row();
                              AddCrop(p, crop, a.in<float>(1) + i * 4, nearest, rows, sums);
                            }
                          });
}

Status PrepareGradImage(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(CropProblem p, MakeCropProblem(c, c.output_shape(0), c.input_shape(0), 1));
  CheckImagesBefore(c, p, 2);
  if (c.output_shape(0).num_elements() == 0) return c.Nothing();
  Status status;
  WEIR_RETURN_IF_ERROR(c.ForType(Types<float, double, Half>{}, c.output_dtype(0),
                                 [&](auto t) { status = SetGradImage<decltype(t)>(c, p); }));
  return status;
}

// ---- by the boxes

// How far a coordinate of a box moves pixel i of the crop: the first and the second one of an axis.
struct Leverage {
  float from, to;
  Leverage(const CropAxis& axis, int64_t i) {
    to = axis.crop > 1 ? float(i) * axis.ratio() : 0.5f * axis.last();
    from = axis.crop > 1 ? axis.last() - to : to;
  }
};

// Adds to `sums` [y1, x1, y2, x2] what one pixel of the crop gives.
template <class T>
void AddPixel(const CropProblem& p, const T* image, const float* grad, const Between& y, const Between& x,
              const Leverage& by_y, const Leverage& by_x, float* sums) {
  const int64_t n = p.channels, left = x.first * n, right = x.second * n;
  const T *top = image + y.first * p.image_row(), *bottom = image + y.second * p.image_row();
  for (int64_t k = 0; k < n; ++k) {
    const float tl = float(top[left + k]), tr = float(top[right + k]);
    const float bl = float(bottom[left + k]), br = float(bottom[right + k]);
    const float dy = ((1 - x.part) * (bl - tl) + x.part * (br - tr)) * grad[k];
    const float dx = ((1 - y.part) * (tr - tl) + y.part * (br - bl)) * grad[k];
    sums[0] += dy * by_y.from, sums[2] += dy * by_y.to;
    sums[1] += dx * by_x.from, sums[3] += dx * by_x.to;
  }
}

template <class T>
void GradBox(const CropProblem& p, const T* image, const float* grad, const float* box, float* sums) {
  std::fill_n(sums, 4, 0.0f);
  for (int64_t i = 0; i < p.y.crop; ++i) {
    const float at_y = p.y.AtByRatio(box[0], box[2], i);
    if (!p.y.Inside(at_y)) continue;
    for (int64_t j = 0; j < p.x.crop; ++j) {
      const float at_x = p.x.AtByRatio(box[1], box[3], j);
      if (!p.x.Inside(at_x)) continue;
      AddPixel(p, image, grad + i * p.crop_row() + j * p.channels, Between(at_y), Between(at_x), Leverage(p.y, i),
               Leverage(p.x, j), sums);
    }
  }
}

Status PrepareGradBoxes(PrepareContext& c) {
  WEIR_ASSIGN_OR_RETURN(CropProblem p, MakeCropProblem(c, c.input_shape(1), c.input_shape(0), 2));
  if (p.crops == 0) return c.Nothing();
  CheckImagesBefore(c, p, 3);
  c.ParallelOver(p.crops, double(p.y.crop) * double(p.x.crop) * (20 + 4.0 * double(p.channels)));
  return c.ForType(ImageTypes{}, c.input_dtype(1), [&](auto t) {
    using T = decltype(t);
    c.SetRun([p](RunArgs& a) {
      for (int64_t i = a.begin; i < a.end; ++i) {
        GradBox(p, a.in<T>(1) + a.in<int32_t>(3)[i] * p.image_size(), a.in<float>(0) + i * p.y.crop * p.crop_row(),
                a.in<float>(2) + i * 4, a.out<float>(0) + i * 4);
      }
    });
  });
}

}  // namespace
}  // namespace kernels

void RegisterCropKernels(KernelRegistry& r) {
  r.Add("CropAndResize", kernels::PrepareCrop).NeedsValue({3});
  r.Add("CropAndResizeGradImage", kernels::PrepareGradImage).NeedsValue({3});
  r.Add("CropAndResizeGradBoxes", kernels::PrepareGradBoxes);
}

}  // namespace weir

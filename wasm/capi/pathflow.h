/* Pathflow's C interface: the boundary that WebAssembly and other languages call.
 *
 * Conventions, for every function below unless it says otherwise:
 *
 * - A pf_status is returned: PF_OK, or the reason for refusing. After a refusal the outputs are as
 *   they were, and pf_get_error() tells what happened. No C++ exception leaves.
 * - Text comes in as pointer and length, UTF-8, and need not end in a zero. Options are one JSON
 *   object; length 0 means `{}`; an unknown key is refused.
 * - Objects are named by a pf_handle. Free each with pf_free_handle(). A handle that was freed, or
 *   that never was, is refused with PF_INVALID_ARGUMENT: it is checked, never followed.
 * - Inputs are copied before the call returns. Nothing of the caller's is kept.
 * - Outputs larger than a few numbers are results: handles that own a JSON text and named arrays,
 *   read with pf_view_text() and pf_view_array(). A view lives as long as its result. In
 *   WebAssembly any later call may grow the memory, which detaches JavaScript's typed arrays (not
 *   the data): make them anew from the pointer, or copy.
 * - Any thread may call; one object is for one thread at a time. Errors are kept per thread.
 * - Arrays are row-major, points are [rows, columns], time runs from 0 (data) to 1 (source).
 */
#ifndef PATHFLOW_H
#define PATHFLOW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a signature or a layout below changes. */
#define PF_ABI_VERSION 2

/* Values 0..7 are those of pathflow::ErrorCode and never change. */
typedef int32_t pf_status;
enum {
  PF_OK = 0,
  PF_INVALID_ARGUMENT = 1, /* an argument breaks a stated rule; also a bad handle or pointer */
  PF_SHAPE = 2,            /* shapes do not fit together */
  PF_NUMERIC = 3,          /* no finite answer */
  PF_IO = 4,               /* bytes that are not what they should be */
  PF_DEVICE = 5,           /* a device is missing or failed */
  PF_CANCELLED = 6,        /* the progress function asked to stop */
  PF_INTERNAL = 7,         /* a fault of the library: please report */
  PF_NO_MEMORY = 8         /* the memory asked for is not there */
};

/* 0 names nothing. */
typedef uint32_t pf_handle;

/* Rows of floats given by the caller. NULL in place of a pf_points* means "none" where allowed.
 * values: rows * columns floats; may be NULL only if rows * columns is 0.
 * Layout in WebAssembly: three 32-bit words. */
typedef struct pf_points {
  const float* values;
  size_t rows;
  size_t columns;
} pf_points;

enum { PF_FLOAT32 = 1, PF_FLOAT64 = 2, PF_INT32 = 3, PF_UINT8 = 4 };

/* An array inside a result. shape[i] is 1 for i >= rank.
 * Layout in WebAssembly: six 32-bit words. */
typedef struct pf_view {
  const void* data;
  uint32_t type; /* PF_FLOAT32 ... */
  uint32_t rank; /* 1..3 */
  size_t shape[3];
} pf_view;

/* Layout: five doubles. */
typedef struct pf_step_report {
  double step; /* steps taken in all */
  double loss; /* of the last step */
  double mean_loss;
  double gradient_norm;
  double learning_rate;
} pf_step_report;

/* The last refusal in this thread; "" and PF_OK if the last call of this thread was accepted.
 * The texts end in a zero and live until the thread's next call. */
typedef struct pf_error {
  pf_status code;
  const char* name;    /* "InvalidArgument", "ShapeError", ...: never NULL */
  const char* where;   /* the function that refused, as in the message: never NULL */
  const char* message; /* `where: rule, got value`: never NULL */
} pf_error;

/* Called as work goes on, share in [0, 1]. Return 0 to stop: the call then gives PF_CANCELLED. It
 * must not call this library with the handle in use, and must not throw. */
typedef int32_t (*pf_progress)(void* user, double share);

/* ---- the library itself; these two cannot fail ---------------------------------------------- */

uint32_t pf_get_abi_version(void);
/* error == NULL does nothing. Does not clear the error. */
void pf_get_error(pf_error* error);

/* A result whose text is {"version", "isa": the kernels in use ("avx2", "scalar", "simd128", ...),
 * "names": {"schedules": [...], ...}, "datasets": [{"name", "title", "description", "has_density",
 * "classes"}], "defaults": {every option of a trainer}}. */
pf_status pf_describe_library(pf_handle* result);

/* ---- memory ---------------------------------------------------------------------------------- */

/* Memory of the caller's for inputs, aligned to 16 bytes: how a WebAssembly host passes arrays.
 * size 0 gives a valid pointer. Contents undefined. */
pf_status pf_allocate_bytes(size_t size, void** bytes);
/* bytes must come from pf_allocate_bytes() and be freed once; NULL does nothing. A pointer that is
 * not one of those in use is refused. */
pf_status pf_free_bytes(void* bytes);
/* Handles and caller's buffers in use, and (0 where the C library cannot tell) bytes of the heap in
 * use. Each pointer may be NULL. */
pf_status pf_count_memory(uint64_t* handles, uint64_t* buffers, uint64_t* heap_bytes);
/* Frees a trainer, a plane or a result. Handle 0 does nothing; a freed one is refused. */
pf_status pf_free_handle(pf_handle handle);

/* ---- results --------------------------------------------------------------------------------- */

/* JSON, UTF-8, not ended by a zero; `{}` where the function that made the result states no text. */
pf_status pf_view_text(pf_handle result, const char** text, size_t* length);
/* The array of this name. Refused if the result has none: its text or its maker tells which. */
pf_status pf_view_array(pf_handle result, const char* name, size_t name_length, pf_view* view);

/* ---- paths ----------------------------------------------------------------------------------- */

/* The path x_t = alpha x0 + sigma x1 and what a network is asked for on it, a x0 + b x1, at times.
 * options: {"schedule": its name ("linear"), "predict": a prediction's name ("velocity"), "times":
 *   [t, ...], required, 1..65536 of them in [0, 1]}.
 * Arrays, double [times]: "alpha", "sigma", their derivatives "alpha_dot", "sigma_dot", and "a",
 * "b". Derivatives, and a or b with them, are infinite where the path's are; nothing is NaN.
 * Text: {"t_min", "t_max"}: where a network asked for it is trained and sampled. */
pf_status pf_evaluate_schedule(const char* options, size_t options_length, pf_handle* result);

/* ---- data sets and files --------------------------------------------------------------------- */

/* rows >= 1 points of a built-in set ("moons", "text:HELLO"); seed: any 64 bits. Row i does not
 * depend on rows. Arrays: "points" float [rows, 2]; "labels" int [rows] where the set has classes.
 */
pf_status pf_draw_dataset(const char* name, size_t name_length, size_t rows, uint64_t seed,
                          pf_handle* result);
/* log p in nats at each point, -infinity outside the support. Array: "log_density" double [rows].
 * Refused for a set whose has_density is false. */
pf_status pf_evaluate_density(const char* name, size_t name_length, const pf_points* points,
                              pf_handle* result);
/* Distance by name ("w2", "sliced", "energy", "mmd") of two samples with equally many columns, and,
 * for "w2", equally many rows (cost grows as rows^3: a few thousand rows take seconds). */
pf_status pf_measure_distance(const char* metric, size_t metric_length, const pf_points* a,
                              const pf_points* b, double* distance);
/* The same distance between two independent samples of one built-in set, rows each: what no model
 * comes reliably below. distances: mean, 2.5 % and 97.5 % quantiles over `repeats` (1..1000) pairs.
 */
pf_status pf_measure_floor(const char* metric, size_t metric_length, const char* dataset,
                           size_t dataset_length, size_t rows, int32_t repeats, uint64_t seed,
                           double distances[3]);
/* Points of an npy file's bytes. Array: "points" float [rows, columns]. */
pf_status pf_read_npy(const uint8_t* bytes, size_t size, pf_handle* result);
/* values: the product of shape's `rank` (1..3) extents, each >= 1. Array: "bytes". */
pf_status pf_write_npy(const float* values, const size_t* shape, size_t rank, pf_handle* result);

/* ---- training -------------------------------------------------------------------------------- */

/* options: keys of pathflow::train::TrainOptions, e.g. {"data": "moons", "lr": 0.001}.
 * data, source: rows that take the place of the named set (columns equal if both); or NULL.
 * labels: label_count values >= 0, one per row of data; NULL with label_count 0 otherwise.
 * snapshots: in place of those three, snapshot_count >= 2 samples, with their ascending times, the
 *   first 0 and the last 1; or NULL. For "objective": "action" or "entropic-action".
 * teacher: bytes of a saved run, for "objective": "consistency-distillation"; or NULL and 0. */
pf_status pf_create_trainer(const char* options, size_t options_length, const pf_points* data,
                            const pf_points* source, const int32_t* labels, size_t label_count,
                            const pf_points* snapshots, const double* times, size_t snapshot_count,
                            const uint8_t* teacher, size_t teacher_size, pf_handle* trainer);
/* From the bytes that pf_save_trainer() or the command wrote. */
pf_status pf_restore_trainer(const uint8_t* bytes, size_t size, pf_handle* trainer);
/* A trainer made from another by reflow, not yet trained: its data and source are the pairs that
 * the other's ODE joins. options: as for pf_create_trainer(), the defaults being the other's with
 *   "coupling" "pairs", "schedule" "linear", "predict" "velocity"; "time_law" "source-end:k"
 * distils to k Euler steps. See train::reflow_options. start: rows of pf_draw_start(). reached:
 * where pf_sample_trainer() moved them, told to be "deterministic". labels: those it was told, of a
 * conditional trainer. keep_weights: not 0 to begin with the other's weights where both learn a
 * velocity on the linear path by the same network. */
pf_status pf_reflow_trainer(pf_handle trainer, const char* options, size_t options_length,
                            const pf_points* start, const pf_points* reached, const int32_t* labels,
                            size_t label_count, int32_t keep_weights, pf_handle* student);
/* Takes steps >= 1. On PF_NUMERIC the trainer is as it was before the step that failed and can
 * still sample and save. report may be NULL. */
pf_status pf_step_trainer(pf_handle trainer, int64_t steps, pf_step_report* report);
/* Array: "bytes", a safetensors file with all that is needed to go on to the same bits. */
pf_status pf_save_trainer(pf_handle trainer, pf_handle* result);
/* Text: {"options": {all of them}, "steps", "parameters"}. */
pf_status pf_describe_trainer(pf_handle trainer, pf_handle* result);
/* rows >= 1 of the law trained on. Arrays: "points"; "labels" where there are some. */
pf_status pf_draw_data(pf_handle trainer, size_t rows, uint64_t seed, pf_handle* result);
/* rows >= 1 starting points, those that pf_sample_trainer() draws. Array: "points". */
pf_status pf_draw_start(pf_handle trainer, size_t rows, uint64_t seed, pf_handle* result);

/* log p in nats at points [n, d], from the learned path's probability-flow ODE. A Gaussian source.
 * options: {"divergence": "exact" or "hutchinson", "probes": directions a row (1), "probe":
 *   "rademacher" or "gaussian", "seed": of the probes (0), "first_row": number of the first row, so
 *   that pieces of a batch draw the same probes (0), "sampler": a Runge-Kutta method ("dopri5"),
 *   and its "steps", "rtol", "atol"}. See density::LikelihoodOptions. labels, progress: as below.
 * Arrays: "log_density" double [n]; "points" float [n, d], where the points came from at the source
 * end. Text: {"evaluations": of the network and its derivative}. */
pf_status pf_evaluate_likelihood(pf_handle trainer, const char* options, size_t options_length,
                                 const pf_points* points, const int32_t* labels, size_t label_count,
                                 pf_progress progress, void* user, pf_handle* result);

/* Moves points along the learned path.
 * options: {"n": rows drawn (1000), "sampler": "heun", "steps": 50, "seed": 0, "toward": "data" or
 *   "source", "from": t, "to": t, "eta", "diffusion", "diffusion_scale", "rtol", "atol", "grid",
 *   "variance", "order", "churn", "churn_from", "churn_to", "churn_noise", "predictor",
 *   "corrector_steps", "corrector_snr", "last_step", "grid_rho", "grid_shift",
 *   "schedule": another one to be sampled on, "times": [t, ...], a grid of the caller's own,
 *   "keep": [t, ...] in travel order, or "keep": count of equally spaced times, "log_density":
 *   whether to give it at the points reached (then with "divergence", "probes", "probe" as above,
 *   and neither "keep" nor a sampler that is no Runge-Kutta method), "deterministic": whether to
 *   refuse a sampler that draws noise}. See sample::SampleOptions.
 * start: rows to move instead of drawn ones ("n" must then be absent); or NULL.
 * labels: one for all rows or one a row; NULL with label_count 0 for the null label.
 * progress: may be NULL; user is handed back to it.
 * Arrays: "points" float [n, d]; "log_density" double [n]; if times are kept "trajectories" float
 * [times, n, d] and "times" double [times].
 * Text: {"evaluations", and if at least 2 times are kept "straightness", "energy"}. */
pf_status pf_sample_trainer(pf_handle trainer, const char* options, size_t options_length,
                            const pf_points* start, const int32_t* labels, size_t label_count,
                            pf_progress progress, void* user, pf_handle* result);

/* The same by autoguidance: away from `guide`, a smaller or less trained trainer of the same
 * schedule and prediction, by "guidance". 0: no guide. */
pf_status pf_sample_guided(pf_handle trainer, pf_handle guide, const char* options,
                           size_t options_length, const pf_points* start, const int32_t* labels,
                           size_t label_count, pf_progress progress, void* user, pf_handle* result);

/* Langevin chains at one time of the learned path, which must have a score.
 * options: {"n": chains (1000), "t": whose law (0.1), "step": h (0.1), "steps" (1000), "seed" (0),
 *   "metropolis": MALA (false), "likelihood_steps": of its log p (16), "keep": [step, ...] after
 *   which points are kept}. See train::LangevinRun. start, labels, progress: as above.
 * Arrays: "points" float [n, d]; with "keep" "trajectories" float [steps kept, n, d].
 * Text: {"evaluations", "acceptance": share of proposals}. */
pf_status pf_run_langevin(pf_handle trainer, const char* options, size_t options_length,
                          const pf_points* start, const int32_t* labels, size_t label_count,
                          pf_progress progress, void* user, pf_handle* result);

/* How far the network is from the exact minimiser on its own rows. A Gaussian source and
 * independent pairs.
 * options: {"times": [t, ...], "rows": draws in all (4096), or at each time (1024), "seed" (0)}.
 * labels: as above, one for all or none; of no meaning without times.
 * Without times, text: {"floor": the least that the loss can be, "excess": the network's loss less
 * it, and "floor_standard_error", "excess_standard_error"}. With, arrays, double [times]:
 * "velocity", "score": mean squared errors; "velocity_relative", "score_relative": shares of the
 * exact mean square. NaN where there is no conversion. */
pf_status pf_measure_trainer(pf_handle trainer, const char* options, size_t options_length,
                             const int32_t* labels, size_t label_count, pf_handle* result);

/* A quantity on a grid of cell centres, 2-D trainers only.
 * options: {"t": required, in [0, 1], "grid": cells per side 1..1024 (24), "bounds": [xmin, xmax,
 *   ymin, ymax] (-4, 4, -4, 4), "quantity": a prediction's name ("velocity")}.
 * labels: as above, one for all or none.
 * t is moved into the schedule's [t_min, t_max]; PF_NUMERIC where the quantity has no limit there;
 * PF_INVALID_ARGUMENT for the score of a run that has none. On a path with noise of its own the
 * score is that noise's, and no quantity but it and the velocity is known.
 * Array: "field" float [grid, grid, 2], row 0 at ymin. Text: {"t": the time used}. */
pf_status pf_evaluate_field(pf_handle trainer, const char* options, size_t options_length,
                            const int32_t* labels, size_t label_count, pf_handle* result);

/* A density on a grid in the plane, moved by the Fokker-Planck equation of the learned path; 2-D
 * trainers only. The trainer's weights are those of each call; it may be freed first.
 * options: {"grid": cells per side 2..1024 (64), "bounds": as above, "toward": "data" or "source",
 *   "diffusion": a name ("zero": the ODE's), "diffusion_scale" (1), "knots": times at which the
 *   network is evaluated (33), "seed": of the rows below (0)}. See density::PlaneFlowOptions.
 * density: what it begins with, [grid, grid], row 0 at ymin; or NULL: the Gaussian source, or else
 * a histogram of 2^18 rows of the law. labels: as above, one for all or none. */
pf_status pf_create_plane(pf_handle trainer, const char* options, size_t options_length,
                          const pf_points* density, const int32_t* labels, size_t label_count,
                          pf_handle* plane);
/* Moves it on. options: {"t": where to, moved into the path's own interval; not behind where it is;
 *   absent: it stays}.
 * Array: "density" float [grid, grid]. Text: {"t": where it is, "from", "to": its whole way,
 * "mass", "least", "steps", "evaluations": of the network, both in all}. */
pf_status pf_advance_plane(pf_handle plane, const char* options, size_t options_length,
                           pf_progress progress, void* user, pf_handle* result);

#ifdef __wasm__
/* WebAssembly only. The pf_progress that calls the module's one own import,
 * env.pf_host_progress(user, share) -> continue. */
pf_progress pf_get_host_progress(void);
/* 16 bytes of the host's own, never freed: where it lets the first pointer be written. */
void* pf_get_host_cell(void);
/* The vector kernels of a module that shares this memory (wasm/kernels), from now on instead of the
 * scalar ones. table: a pathflow::cpu::KernelTable whose functions are in this module's table. */
void pf_install_kernels(const void* table);
#endif

#ifdef __cplusplus
}
#endif
#endif

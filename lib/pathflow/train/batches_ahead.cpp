#include "pathflow/train/batches_ahead.hpp"

#ifdef _OPENMP

namespace pathflow::train {

BatchesAhead::BatchesAhead(const Batch& like, path::Interval interval, int workers)
    : interval_(interval) {
  const int places = 2 * workers + 1;
  places_.reserve(static_cast<std::size_t>(places));
  for (int k = 0; k < places; ++k) places_.push_back({like});
  threads_.reserve(static_cast<std::size_t>(workers));
  try {
    for (int k = 0; k < workers; ++k) threads_.emplace_back([this] { work(); });
  } catch (...) {
    stop();
    throw;
  }
}

BatchesAhead::~BatchesAhead() { stop(); }

void BatchesAhead::stop() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BatchesAhead::work() {
  const ThreadLimit alone(1);  // one of the threads that others were promised
  path::CouplingWorkspace workspace;
  Lock lock(mutex_);
  while (!stopping_) {
    if (Place* place = earliest_wanted()) {
      make(*place, workspace, lock);
    } else {
      wanted_.wait(lock);
    }
  }
}

BatchesAhead::Place* BatchesAhead::earliest_wanted() {
  Place* first = nullptr;
  for (Place& place : places_) {
    if (place.state != State::kWanted) continue;
    if (first == nullptr || place.step < first->step) first = &place;
  }
  return first;
}

/// Without the lock while it draws.
void BatchesAhead::make(Place& place, path::CouplingWorkspace& workspace, Lock& lock) {
  place.state = State::kTaken;
  lock.unlock();
  std::exception_ptr error;
  try {
    place.batch.draw(place.step, interval_, workspace);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  place.error = error;
  place.state = State::kReady;
  ready_.notify_one();
}

/// All places anew, from a step on.
void BatchesAhead::begin(std::uint64_t step, Lock& lock) {
  for (Place& place : places_) {
    ready_.wait(lock, [&] { return place.state != State::kTaken; });
    place.state = State::kFree;
  }
  for (std::uint64_t s = step; s < step + places_.size(); ++s) {
    Place& place = places_[s % places_.size()];
    place.step = s;
    place.state = State::kWanted;
  }
}

Batch& BatchesAhead::at(std::uint64_t step) {
  Lock lock(mutex_);
  if (begun_ && step == next_) {  // the last one is used up
    Place& last = places_[(step - 1) % places_.size()];
    last.step = step - 1 + places_.size();
    last.state = State::kWanted;
  } else {
    begin(step, lock);
  }
  begun_ = true;
  next_ = step + 1;
  wanted_.notify_all();
  Place& place = places_[step % places_.size()];
  while (place.state != State::kReady) {
    if (Place* other = earliest_wanted()) {
      make(*other, workspace_, lock);
    } else {
      ready_.wait(lock);
    }
  }
  if (place.error) {
    begun_ = false;
    std::rethrow_exception(place.error);
  }
  return place.batch;
}

}  // namespace pathflow::train

#endif

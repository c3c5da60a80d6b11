//! Threads and cancellation of kernels.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::Error;

/// A flag that any thread sets to stop a kernel.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Request a stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Return whether a stop was requested.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The progress of a kernel.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Return the number of steps done; the kernel defines a step.
    pub fn done(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The resources of a kernel: the threads of its pool, until it is cancelled.
///
/// With one thread, everything runs on the calling thread without rayon. With more, the
/// caller must be inside its own pool (`ThreadPool::install`). Rayon's global pool must
/// never start, because it does not survive a fork.
#[derive(Debug, Clone, Default)]
pub struct Workers {
    parallel: bool,
    cancel: CancelFlag,
    deadline: Option<Instant>,
    progress: Progress,
}

impl Workers {
    /// Return workers on the calling thread only.
    pub fn sequential(cancel: CancelFlag) -> Self {
        Self {
            parallel: false,
            cancel,
            ..Self::default()
        }
    }

    /// Return workers on all threads of the pool that the caller has installed.
    pub fn of_current_pool(cancel: CancelFlag) -> Self {
        Self {
            parallel: true,
            cancel,
            ..Self::default()
        }
    }

    /// Return the same workers with a deadline and a progress counter.
    #[must_use]
    pub fn watched(self, deadline: Option<Instant>, progress: Progress) -> Self {
        Self {
            deadline,
            progress,
            ..self
        }
    }

    /// Return whether the deadline has passed. A kernel that supports partial results then
    /// stops and reports a partial result.
    pub fn is_late(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Add `n_steps` to the progress.
    pub fn advance(&self, n_steps: usize) {
        self.progress.0.fetch_add(n_steps as u64, Ordering::Relaxed);
    }

    /// Return an error if a stop was requested. Kernels call it about every 100
    /// microseconds to 10 milliseconds.
    ///
    /// # Errors
    /// [`Error::Cancelled`] after [`CancelFlag::cancel`].
    pub fn check(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            Err(Error::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Call `task` for `0..n_tasks`, and return the results in order.
    ///
    /// # Errors
    /// The first error in order of the tasks that ran, or [`Error::Cancelled`].
    pub fn map<T, F>(&self, n_tasks: usize, task: F) -> Result<Vec<T>, Error>
    where
        T: Send,
        F: Fn(usize) -> Result<T, Error> + Sync,
    {
        let guarded = |index| {
            self.check()?;
            task(index)
        };
        if self.parallel && n_tasks > 1 {
            (0..n_tasks).into_par_iter().map(guarded).collect()
        } else {
            (0..n_tasks).map(guarded).collect()
        }
    }

    /// Divide `0..n` into ranges of `size`, call `task` for each, and return the results in
    /// order.
    ///
    /// The ranges depend only on `n` and `size`, so that sums merged in order have the same
    /// bits for any number of threads.
    ///
    /// # Errors
    /// As in [`Workers::map`].
    pub fn map_chunks<T, F>(&self, n: usize, size: usize, task: F) -> Result<Vec<T>, Error>
    where
        T: Send,
        F: Fn(Range<usize>) -> Result<T, Error> + Sync,
    {
        self.map(n.div_ceil(size), |chunk| {
            task(chunk * size..((chunk + 1) * size).min(n))
        })
    }

    /// Sort by a total order, on several threads if that is faster.
    pub fn sort_unstable_by<T, F>(&self, values: &mut [T], compare: F)
    where
        T: Send,
        F: Fn(&T, &T) -> std::cmp::Ordering + Sync,
    {
        if self.parallel && values.len() > 1 << 15 {
            values.par_sort_unstable_by(compare);
        } else {
            values.sort_unstable_by(compare);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_the_range_in_order() {
        let chunks = Workers::default()
            .map_chunks(10, 4, |range| Ok((range.start, range.end)))
            .unwrap();
        assert_eq!(chunks, [(0, 4), (4, 8), (8, 10)]);
    }

    #[test]
    fn workers_are_late_after_their_deadline_and_count_their_steps() {
        assert!(!Workers::default().is_late());
        let progress = Progress::default();
        let workers = Workers::default().watched(Some(Instant::now()), progress.clone());
        workers.advance(3);
        workers.clone().advance(4);
        assert!(workers.is_late());
        assert_eq!(progress.done(), 7);
    }

    #[test]
    fn a_cancelled_kernel_stops_before_its_next_task() {
        let flag = CancelFlag::default();
        let workers = Workers::sequential(flag.clone());
        let result = workers.map(10, |index| {
            if index == 3 {
                flag.cancel();
            }
            assert!(index <= 3);
            Ok(())
        });
        assert_eq!(result, Err(Error::Cancelled));
    }
}

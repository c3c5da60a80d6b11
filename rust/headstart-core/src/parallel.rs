//! Threads and cancellation: how a kernel spreads its work and when it stops.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::Error;

/// Set from any thread to ask a kernel to stop.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Ask for a stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a kernel may use: threads of the pool it runs in, until it is cancelled.
///
/// With one thread everything runs on the calling thread and rayon is not touched. With
/// more, the caller must already be inside a pool of its own (`ThreadPool::install`):
/// rayon's global pool is never to be started, because it does not survive a fork.
#[derive(Debug, Clone, Default)]
pub struct Workers {
    parallel: bool,
    cancel: CancelFlag,
}

impl Workers {
    /// Work on the calling thread only.
    pub fn sequential(cancel: CancelFlag) -> Self {
        Self {
            parallel: false,
            cancel,
        }
    }

    /// Work on all threads of the pool that the caller has installed.
    pub fn of_current_pool(cancel: CancelFlag) -> Self {
        Self {
            parallel: true,
            cancel,
        }
    }

    /// Stop here if that was asked for. Kernels call it about every 100 microseconds
    /// to 10 milliseconds.
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

    /// Call `task` for `0..n_tasks` and collect what it returns, in order.
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

    /// Cut `0..n` into ranges of `size` and call `task` for each, in order.
    ///
    /// The cuts depend on `n` and `size` alone, so that sums merged in order have the
    /// same bits for any number of threads.
    ///
    /// # Errors
    /// As [`Workers::map`].
    pub fn map_chunks<T, F>(&self, n: usize, size: usize, task: F) -> Result<Vec<T>, Error>
    where
        T: Send,
        F: Fn(Range<usize>) -> Result<T, Error> + Sync,
    {
        self.map(n.div_ceil(size), |chunk| {
            task(chunk * size..((chunk + 1) * size).min(n))
        })
    }

    /// Sort by a total order; on several threads where there are and it pays.
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
    fn a_cancelled_kernel_stops_before_its_next_task() {
        let flag = CancelFlag::default();
        let workers = Workers::sequential(flag.clone());
        let found = workers.map(10, |index| {
            if index == 3 {
                flag.cancel();
            }
            assert!(index <= 3);
            Ok(())
        });
        assert_eq!(found, Err(Error::Cancelled));
    }
}

//! The only way from Python into a kernel.
//!
//! While a kernel runs, the caller is detached from the interpreter. Input arrays are
//! borrowed, not copied: no other thread may write to them meanwhile, and the bytes of a
//! boolean array must be 0 or 1.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use headstart_core::{CancelFlag, Error, Progress, Workers};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::error::to_python;

/// Interval between checks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);

/// Shortest interval between calls of a progress callback.
const TELL: Duration = Duration::from_millis(100);

/// Below this many elementary steps (about a millisecond), a kernel runs on the calling
/// thread: threads would cost more than they save, and Ctrl-C can wait.
const SMALL: usize = 1 << 17;

/// Time limit and progress of a kernel.
#[derive(Default)]
pub(crate) struct Watch<'py> {
    /// Seconds from now after which the kernel returns a partial result.
    pub(crate) time_limit: Option<f64>,
    /// Called with (steps done, all steps), at most ten times a second.
    pub(crate) progress: Option<Bound<'py, PyAny>>,
    /// Number of steps.
    pub(crate) n_steps: usize,
}

impl Watch<'_> {
    fn deadline(&self) -> Option<Instant> {
        // A time beyond the clock's range is no limit.
        let limit = Duration::try_from_secs_f64(self.time_limit?.max(0.0)).ok()?;
        Instant::now().checked_add(limit)
    }

    fn tell(&self, done: &Progress) -> PyResult<()> {
        if let Some(progress) = &self.progress {
            progress.call1((done.done(), self.n_steps))?;
        }
        Ok(())
    }
}

/// Time limit and callback from Python.
#[derive(FromPyObject)]
pub(crate) struct PyWatch<'py>(Option<f64>, Option<Bound<'py, PyAny>>);

impl<'py> PyWatch<'py> {
    /// Return the watch for a kernel of `n_steps` steps.
    pub(crate) fn over(&self, n_steps: usize) -> Watch<'py> {
        Watch {
            time_limit: self.0,
            progress: self.1.clone(),
            n_steps,
        }
    }
}

type Caught<T> = Result<Result<T, Error>, Box<dyn Any + Send>>;

/// Run `work` detached, on its own pool of `n_threads`, and check for Ctrl-C.
///
/// `n_steps` is an approximate number of elementary steps, for the choice above. Each call
/// creates a pool, which costs some 0.1 ms. Its threads have ended when the call returns,
/// so that a forked worker cannot inherit them.
pub(crate) fn run<T, F>(py: Python<'_>, n_threads: usize, n_steps: usize, work: F) -> PyResult<T>
where
    T: Send,
    F: FnOnce(&Workers) -> Result<T, Error> + Send,
{
    run_watched(py, n_threads, n_steps, &Watch::default(), work)
}

/// The same, with a deadline and a progress callback. An exception of the callback stops
/// the kernel.
pub(crate) fn run_watched<T, F>(
    py: Python<'_>,
    n_threads: usize,
    n_steps: usize,
    watch: &Watch<'_>,
    work: F,
) -> PyResult<T>
where
    T: Send,
    F: FnOnce(&Workers) -> Result<T, Error> + Send,
{
    let progress = Progress::default();
    let deadline = watch.deadline();
    if n_steps < SMALL {
        let workers = Workers::default().watched(deadline, progress.clone());
        let outcome = unwrap(py.detach(|| catch(|| work(&workers))))?;
        watch.tell(&progress)?;
        return Ok(outcome);
    }
    let cancel = CancelFlag::default();
    thread::scope(|scope| {
        let (sender, mut receiver) = mpsc::sync_channel(1);
        let flag = cancel.clone();
        let counted = progress.clone();
        let kernel = thread::Builder::new()
            .name("headstart-kernel".into())
            .spawn_scoped(scope, move || {
                let outcome = if n_threads > 1 {
                    in_pool(n_threads, || {
                        catch(|| work(&Workers::of_current_pool(flag).watched(deadline, counted)))
                    })
                } else {
                    Ok(catch(|| {
                        work(&Workers::sequential(flag).watched(deadline, counted))
                    }))
                };
                // The receiver lives until this thread has sent its result.
                let _ = sender.send(outcome);
            })
            .map_err(|error| PyRuntimeError::new_err(format!("Cannot start a thread: {error}")))?;
        let mut reported = Instant::now();
        let answer = loop {
            let waiting = &mut receiver;
            match py.detach(move || waiting.recv_timeout(POLL)) {
                Ok(outcome) => {
                    break outcome
                        .map_err(|error| no_threads(n_threads, &error))
                        .and_then(unwrap);
                }
                Err(RecvTimeoutError::Timeout) => {
                    let mut outcome = py.check_signals();
                    if outcome.is_ok() && reported.elapsed() >= TELL {
                        reported = Instant::now();
                        outcome = watch.tell(&progress);
                    }
                    if let Err(interrupt) = outcome {
                        cancel.cancel();
                        let waiting = &mut receiver;
                        let _ = py.detach(move || waiting.recv());
                        break Err(interrupt);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    break Err(PyRuntimeError::new_err("A kernel ended without an answer."));
                }
            }
        };
        // The end of the scope would wait for the thread's result, not for its end.
        let _ = py.detach(|| kernel.join());
        let answer = answer?;
        watch.tell(&progress)?;
        Ok(answer)
    })
}

/// Call `work` in its own pool, whose threads have ended when this returns.
fn in_pool<T: Send>(
    n_threads: usize,
    work: impl FnOnce() -> T + Send,
) -> Result<T, rayon::ThreadPoolBuildError> {
    let mut threads = Vec::with_capacity(n_threads);
    // A dropped pool only requests that its threads end.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .spawn_handler(|thread| {
            let name = format!("headstart-{}", thread.index());
            threads.push(thread::Builder::new().name(name).spawn(|| thread.run())?);
            Ok(())
        })
        .build()?;
    let outcome = pool.install(work);
    drop(pool);
    for thread in threads {
        // Panics were caught inside.
        let _ = thread.join();
    }
    Ok(outcome)
}

fn no_threads(n_threads: usize, error: &rayon::ThreadPoolBuildError) -> PyErr {
    PyRuntimeError::new_err(format!("Cannot start {n_threads} threads: {error}"))
}

fn catch<T>(work: impl FnOnce() -> Result<T, Error>) -> Caught<T> {
    // Unfinished results of a panicking kernel are dropped with it, because kernels own
    // their outputs.
    catch_unwind(AssertUnwindSafe(work))
}

fn unwrap<T>(outcome: Caught<T>) -> PyResult<T> {
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(to_python(&error)),
        Err(panic) => {
            let reason = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "unknown reason".to_owned());
            Err(PyRuntimeError::new_err(format!(
                "headstart's core panicked: {reason}. This is a bug: please report it."
            )))
        }
    }
}

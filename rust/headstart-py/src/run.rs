//! The one way from Python into a kernel.
//!
//! While a kernel runs the caller is detached from the interpreter. Input arrays are
//! borrowed, not copied: a caller must not write into them from another thread
//! meanwhile.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use headstart_core::{CancelFlag, Error, Workers};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::error::to_python;

/// How often the calling thread looks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);

/// Below this many elementary steps (about a millisecond) a kernel runs on the calling
/// thread: threads would cost more than they give, and nobody can press a key so fast.
const SMALL: usize = 1 << 17;

type Caught<T> = Result<Result<T, Error>, Box<dyn Any + Send>>;

/// Run `work` detached, on a pool of `n_threads` of its own, and notice Ctrl-C.
///
/// `n_steps` is a rough count of elementary steps, for the choice above. A pool is made
/// for each call: that costs some 0.1 ms, and nothing is left behind that a forked
/// worker could inherit.
pub(crate) fn run<T, F>(py: Python<'_>, n_threads: usize, n_steps: usize, work: F) -> PyResult<T>
where
    T: Send,
    F: FnOnce(&Workers) -> Result<T, Error> + Send,
{
    if n_steps < SMALL {
        let workers = Workers::default();
        return unwrap(py.detach(|| catch(|| work(&workers))));
    }
    let cancel = CancelFlag::default();
    let pool = (n_threads > 1)
        .then(|| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .thread_name(|index| format!("headstart-{index}"))
                .build()
        })
        .transpose()
        .map_err(|error| {
            PyRuntimeError::new_err(format!("Cannot start {n_threads} threads: {error}"))
        })?;
    thread::scope(|scope| {
        let (sender, mut receiver) = mpsc::sync_channel(1);
        let flag = cancel.clone();
        thread::Builder::new()
            .name("headstart-kernel".into())
            .spawn_scoped(scope, move || {
                let outcome = catch(|| match &pool {
                    Some(pool) => pool.install(|| work(&Workers::of_current_pool(flag))),
                    None => work(&Workers::sequential(flag)),
                });
                // The receiver lives until this thread has answered.
                let _ = sender.send(outcome);
            })
            .map_err(|error| PyRuntimeError::new_err(format!("Cannot start a thread: {error}")))?;
        loop {
            let waiting = &mut receiver;
            match py.detach(move || waiting.recv_timeout(POLL)) {
                Ok(outcome) => return unwrap(outcome),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(interrupt) = py.check_signals() {
                        cancel.cancel();
                        let waiting = &mut receiver;
                        let _ = py.detach(move || waiting.recv());
                        return Err(interrupt);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(PyRuntimeError::new_err("A kernel ended without an answer."));
                }
            }
        }
    })
}

fn catch<T>(work: impl FnOnce() -> Result<T, Error>) -> Caught<T> {
    // What a panicking kernel leaves half done is dropped with it: kernels own what
    // they write to.
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

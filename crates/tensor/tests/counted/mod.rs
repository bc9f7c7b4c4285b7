//! An operation that counts the calls of its pullback.

#![allow(dead_code)] // each test file uses its own part of this one

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tensor::Var;

/// How often pullbacks were called.
#[derive(Clone, Default)]
pub struct Calls(Arc<AtomicUsize>);

impl Calls {
    pub fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// How many pullbacks there are that could be called.
    pub fn pullbacks(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

/// The identity.
pub fn counted<'t>(x: Var<'t, f64>, calls: &Calls) -> Var<'t, f64> {
    let calls = calls.clone();
    x.tape().record("counted", [x], x.value(), move |dy, _| {
        calls.add_one();
        [dy.clone()]
    })
}

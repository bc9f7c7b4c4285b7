//! What the page can call. It writes numbers to [`input`], calls a function with their count,
//! and reads as many numbers as that returns at [`output`].
#![allow(unsafe_code)] // for the names alone: `no_mangle` counts as unsafe

use std::sync::Mutex;

static INPUT: Mutex<Vec<f64>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<f64>> = Mutex::new(Vec::new());

/// Where `count` numbers can be written.
#[unsafe(no_mangle)]
extern "C" fn input(count: usize) -> *mut f64 {
    let mut input = INPUT.lock().unwrap_or_else(|e| e.into_inner());
    input.resize(count, 0.0);
    input.as_mut_ptr()
}

/// Where the last call left its numbers.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const f64 {
    OUTPUT.lock().unwrap_or_else(|e| e.into_inner()).as_ptr()
}

fn run(figure: fn(&[f64]) -> Option<Vec<f64>>) -> usize {
    let input = INPUT.lock().unwrap_or_else(|e| e.into_inner());
    let mut output = OUTPUT.lock().unwrap_or_else(|e| e.into_inner());
    *output = figure(&input).unwrap_or_default();
    output.len()
}

/// Each name is a function of the page: numbers in, numbers out, none if they do not fit.
macro_rules! exports {
    ($($name:ident = $figure:expr;)*) => { $(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> usize {
            run($figure)
        }
    )* };
}

exports! {
    cell = crate::cell::compute;
    training_start = crate::training::start;
    training_run = crate::training::run;
    training_look = crate::training::look;
    tape = crate::tape::compute;
    conveyor = crate::conveyor::compute;
    v_curve = crate::v_curve::compute;
    saturation = crate::saturation::compute;
    rnn = crate::rnn::compute;
    bptt = crate::bptt::compute;
    adding_start = crate::adding::start;
    adding_run = crate::adding::run;
}

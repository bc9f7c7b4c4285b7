//! How fast this machine could do a training step: the products of the layers as
//! fast as `add_product` does them alone, and the numbers in between written and
//! read as fast as memory copies them.
//!
//! It is measured in the same run, by a process of its own for each workload and
//! number of threads, which answers each line with [`Limit::rates`].

use std::hint::black_box;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use std::{array, thread};

use pulp::{Arch, Simd, WithSimd};
use tensor::kernel::product::{Matrix, Packed, add_product};

use crate::worker::{self, Launch, Worker};
use crate::workload::Workload;

/// How often each rate is measured for an answer; the best counts.
const ROUNDS: usize = 5;
/// Operations of a measurement, so many that starting the threads does not count.
const ENOUGH: f64 = 1e9;
/// The bytes that are copied: more than the last-level cache holds.
const BLOCK: usize = 128 << 20;
/// Independent sums: at least a multiply-add's latency times those started at once
/// (4 · 2), and no more than the 16 registers of AVX2 hold beside two operands.
const CHAINS: usize = 12;

/// The parent's side.
pub struct Limit {
    pub threads: usize,
    /// The best so far: multiply-adds in registers and products, in operations a
    /// second; copying, in bytes read and written a second. Zeros if there is none.
    pub rates: [f64; 3],
    worker: Option<Worker>,
}

impl Limit {
    pub fn start(threads: usize, w: &Workload, data: &Path) -> Self {
        let worker = Worker::start(&Launch { name: "limit", threads, beside: None }, w, data);
        let worker = worker.map_err(|failure| eprintln!("  limit: {failure}")).ok();
        Limit { threads, rates: [0.0; 3], worker: worker.map(|(worker, _)| worker) }
    }

    /// Measures once more, in turn with the contestants.
    pub fn round(&mut self, limit: Duration) {
        match self.worker.as_mut().map(|worker| worker.ask("rates", limit)) {
            Some(Ok(answer)) => {
                self.rates.iter_mut().zip(answer).for_each(|(best, rate)| *best = best.max(rate));
            }
            Some(Err(failure)) => {
                eprintln!("  limit: {failure}");
                self.worker = None;
            }
            None => {}
        }
    }

    /// Ends the process; the rates stay.
    pub fn stop(&mut self) {
        self.worker = None;
    }

    /// Milliseconds of a training step.
    pub fn milliseconds(&self, w: &Workload) -> f64 {
        let [_, products, memory] = self.rates;
        let steps: usize = (0..w.layers * w.directions).map(|k| w.steps_back(k)).sum();
        let gates = steps * w.batch * 4 * w.hidden;
        // Activations are written and read; the gates' gradients written, then read
        // for the gradient of the input and for that of the weights.
        let bytes = 4 * (2 * w.activations() + 3 * gates);
        (flops(w) / products + bytes as f64 / memory) * 1e3
    }
}

/// The child's side.
pub fn serve(w: &Workload, threads: usize) {
    worker::answer_lines("", |_, _| {
        let seconds = products(w).iter().map(|p| p.count as f64 * p.seconds(threads)).sum::<f64>();
        vec![multiply_adds(threads), flops(w) / seconds, copying(threads)]
    });
}

/// A product of a training step.
struct Product {
    rows: usize,
    k: usize,
    n: usize,
    /// Whether the left operand is stored as columns.
    transposed: bool,
    /// How often it is done.
    count: usize,
}

/// What `nn`'s `fused/` multiplies: in each step forward and back, and at the end
/// for the gradient of the weights.
fn products(w: &Workload) -> Vec<Product> {
    let Workload { seq, batch, directions, layers, .. } = *w;
    let of_layer = |k| {
        let (input, hidden) = w.layer(k);
        let (width, gates) = (input + hidden, 4 * hidden);
        // Nobody wants the gradient of the first layer's input.
        let back = if k < directions { hidden } else { width };
        let steps = w.steps_back(k);
        let step = Product { rows: batch, k: width, n: gates, transposed: false, count: seq };
        [
            Product { k: gates, n: back, count: steps, ..step },
            Product { rows: gates, k: steps * batch, n: width, transposed: true, count: 1 },
            step,
        ]
    };
    (0..layers * directions).flat_map(of_layer).collect()
}

/// The floating-point operations of all products of a training step.
pub fn flops(w: &Workload) -> f64 {
    products(w).iter().map(|p| p.count as f64 * p.flops()).sum()
}

impl Product {
    fn flops(&self) -> f64 {
        2.0 * self.rows as f64 * self.k as f64 * self.n as f64
    }

    /// The seconds of one, the right operand packed before, each thread with its
    /// share of the rows.
    fn seconds(&self, threads: usize) -> f64 {
        let Product { k, n, transposed, .. } = *self;
        let rows = self.rows.div_ceil(threads);
        let small = 1e-3; // sums of its squares neither overflow nor vanish
        let b = &Packed::new(Matrix::new(&vec![small; k * n], n), k, n);
        let repeats = (ENOUGH / self.flops()).ceil() as usize;
        let seconds = fastest(threads, || {
            let (a, mut c) = (vec![small; rows * k], vec![0.0_f32; rows * n]);
            move || {
                let a = if transposed { Matrix::transposed(&a, rows) } else { Matrix::new(&a, k) };
                (0..repeats).for_each(|_| add_product(black_box(&mut c), a, b));
            }
        });
        seconds / repeats as f64
    }
}

/// Multiply-adds that nothing has to be read for: operations a second.
fn multiply_adds(threads: usize) -> f64 {
    struct Chains;

    impl WithSimd for Chains {
        type Output = f64;

        /// Returns how many operations it did.
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            // The compiler would make one of chains that start with the same number.
            let mut sums: [S::f32s; CHAINS] =
                array::from_fn(|k| simd.splat_f32s(black_box(k as f32)));
            let [factor, term] = [0.5, 1.0].map(|x| simd.splat_f32s(black_box(x)));
            let flops = (2 * CHAINS * S::F32_LANES) as f64;
            let steps = (ENOUGH / flops) as usize;
            for _ in 0..steps {
                for sum in &mut sums {
                    *sum = simd.mul_add_f32s(*sum, factor, term);
                }
            }
            black_box(sums);
            flops * steps as f64
        }
    }
    let run = || Arch::new().dispatch(Chains);
    let flops = threads as f64 * run();
    let seconds = fastest(threads, || {
        move || {
            run();
        }
    });
    flops / seconds
}

/// Copying of large blocks: bytes read and bytes written a second.
fn copying(threads: usize) -> f64 {
    let share = BLOCK / threads;
    let seconds = fastest(threads, || {
        let (source, mut target) = (vec![1_u8; share], vec![0; share]);
        move || black_box(&mut target).copy_from_slice(black_box(&source))
    });
    (2 * share * threads) as f64 / seconds
}

/// The seconds of what `make` makes, done by each thread at the same time: the
/// fastest of several times.
fn fastest<F: FnMut()>(threads: usize, make: impl Fn() -> F + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    let measure = || {
        let mut work = make();
        work(); // brings everything into the caches
        let time = |_| {
            barrier.wait();
            let start = Instant::now();
            work();
            barrier.wait();
            start.elapsed().as_secs_f64()
        };
        (0..ROUNDS).map(time).fold(f64::INFINITY, f64::min)
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(measure)).collect();
        all.into_iter().map(|thread| thread.join().expect("no panic")).fold(0.0, f64::max)
    })
}

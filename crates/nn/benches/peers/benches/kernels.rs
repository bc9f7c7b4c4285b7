//! The kernels of `tensor` and `nn` alone: how fast each is, and whether a change
//! made it faster. Its rates are elements a second; of a product, the elements are
//! its floating-point operations.
//!
//! `cargo bench --manifest-path crates/nn/benches/peers/Cargo.toml --no-default-features`

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nn::{Adam, AdamConfig, ForwardOptions, Generator, Linear, Lstm, LstmConfig};
use tensor::kernel::math;
use tensor::kernel::product::{Matrix, Packed, add_product};
use tensor::{Scalar, Tape, Tensor};

/// Numbers that repeat only after a while, from -3 to 3.
fn numbers<T: Scalar>(count: usize) -> Vec<T> {
    (0..count).map(|k| T::from_f64((k * 37 % 1001) as f64 * 0.006 - 3.0)).collect()
}

fn elementary<T: Scalar>(c: &mut Criterion, precision: &str) {
    let x = Tensor::<T>::new([65_536], numbers(65_536));
    let mut group = c.benchmark_group(precision);
    group.throughput(Throughput::Elements(65_536));
    group.bench_function("exp", |b| b.iter(|| x.map(math::exp)));
    group.bench_function("sigmoid", |b| b.iter(|| x.map(math::sigmoid)));
    group.bench_function("tanh", |b| b.iter(|| x.map(math::tanh)));
}

/// `m × k` times `k × n` on one thread, the right operand packed before.
fn product(c: &mut Criterion) {
    let mut group = c.benchmark_group("product");
    for (m, k, n, transposed) in [
        (8, 20, 80, false),
        (32, 128, 512, false),
        (64, 512, 2048, false),
        (6400, 256, 2048, false),
        (512, 6400, 2048, true),
    ] {
        let (a, b) = (numbers::<f32>(m * k), numbers(k * n));
        let a = if transposed { Matrix::transposed(&a, m) } else { Matrix::new(&a, k) };
        let packed = Packed::new(Matrix::new(&b, n), k, n);
        let mut result = vec![0.0; m * n];
        let name = format!("{m}×{k}×{n}{}", if transposed { " transposed" } else { "" });
        group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
        group.bench_function(name, |b| b.iter(|| add_product(&mut result, a, &packed)));
    }
}

/// The sizes of W2, on as many threads as there are.
fn lstm(c: &mut Criterion) {
    let lstm = Lstm::<f32>::new(LstmConfig::new(32, 128), &mut Generator::manual_seed(0));
    let x = Tensor::new([50, 32, 32], numbers(50 * 32 * 32));
    let mut group = c.benchmark_group("lstm");
    for (name, reference) in [("fused", false), ("by the equations", true)] {
        for backward in [false, true] {
            let what = if backward { "forward and backward" } else { "forward" };
            let mut tape = Tape::new();
            group.bench_function(BenchmarkId::new(what, name), |b| {
                b.iter(|| {
                    let options = ForwardOptions { reference, ..ForwardOptions::default() };
                    let (y, _) = lstm.forward_with(tape.constant(x.clone()), options);
                    let gradients = backward.then(|| y.sum().backward());
                    tape.reset();
                    gradients
                });
            });
        }
    }
}

fn adam(c: &mut Criterion) {
    let mut model = Linear::<f32>::without_bias(1000, 1000, &mut Generator::manual_seed(0));
    let mut tape = Tape::new();
    let x = tape.constant(Tensor::new([1, 1000], numbers(1000)));
    let gradients = model.forward(x).sum().backward();
    tape.reset();
    let mut adam = Adam::new(AdamConfig::default());
    let mut group = c.benchmark_group("adam");
    group.throughput(Throughput::Elements(1_000_000));
    group.bench_function("step", |b| b.iter(|| adam.step(&mut model, &gradients)));
}

fn all(c: &mut Criterion) {
    elementary::<f32>(c, "f32");
    elementary::<f64>(c, "f64");
    product(c);
    lstm(c);
    adam(c);
}

criterion_group! {
    name = kernels;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = all
}
criterion_main!(kernels);

//! The equations of [`cell`](super::cell) for a whole sequence, as one operation
//! of the tape, with backpropagation through time derived by hand.
//!
//! It computes what the reference computes, and keeps what the backward pass needs
//! once: the gates, the cell states and their tanh, and the hidden states, which are
//! its value. These are `seq · batch · 7 · hidden_size` numbers beside the input (with
//! a projection, `seq · batch · (7 · hidden_size + proj_size)`).
//!
//! Samples do not know of each other: the rows of the batch go through time on as
//! many threads as it is worth. The gradients of the weights are products over all
//! rows in the order of time. So no result depends on the number of threads.

use std::array;
use std::ops::Range;

use tensor::product::{Matrix, Packed, add_product, add_product_parallel, in_pool, threads_worth};
use tensor::simd::{Kernel, dispatch};
use tensor::{Buffer, Elementary, Scalar, Tensor, Var};

use super::cell::{State, Weights};

/// Runs one layer over `[seq, batch, features]` in one direction. Returns the hidden
/// states in the order of time, `[seq, batch, H_out]`, and the last state,
/// `[1, batch, H_out]` and `[1, batch, hidden_size]`.
///
/// With `lengths`, a sample's state stays as it is outside its length.
pub(crate) fn sequence<'t, T: Scalar>(
    x: Var<'t, T>,
    (h_0, c_0): State<'t, T>,
    w: Weights<'t, T>,
    reverse: bool,
    lengths: Option<&[usize]>,
) -> (Var<'t, T>, State<'t, T>) {
    let [seq, batch, features] = array::from_fn(|dim| x.shape()[dim]);
    let (output, hidden) = (h_0.shape()[1], c_0.shape()[1]);
    // What is not there is a constant: no bias is zeros, no projection has no rows.
    let or_zeros = |v: Option<Var<'t, T>>, shape: &[usize]| {
        v.unwrap_or_else(|| x.tape().constant(Tensor::zeros(shape)))
    };
    let [b_ih, b_hh] = [w.bias_ih, w.bias_hh].map(|b| or_zeros(b, &[4 * hidden]));
    let w_hr = or_zeros(w.hr, &[0, hidden]);
    let sizes = Sizes { seq, batch, features, hidden, output, proj: w_hr.shape()[0], reverse };

    let inputs = [x, h_0, c_0, w.ih, w.hh, b_ih, b_hh, w_hr];
    let (values, saved) = forward(sizes, inputs.map(|v| v.value()), lengths.map(Vec::from));
    let pullback = move |[dh, dc]: [&Tensor<T>; 2], wanted| backward(&saved, dh, dc, wanted);
    let [h, c_n] = x.tape().record_two("lstm", inputs, values, pullback);
    (h, (h.narrow(0, if reverse { 0 } else { seq - 1 }, 1), c_n))
}

#[derive(Clone, Copy)]
struct Sizes {
    seq: usize,
    batch: usize,
    features: usize,
    hidden: usize,
    /// H_out.
    output: usize,
    /// H_out if there is a projection, otherwise 0.
    proj: usize,
    reverse: bool,
}

/// The most steps that are taken together.
const STEPS: usize = 16;

impl Sizes {
    /// Where the state before step t stands among all seq + 1 states in the order of
    /// time …
    fn before(&self, t: usize) -> usize {
        t + usize::from(self.reverse)
    }

    /// … and where the state after it stands.
    fn after(&self, t: usize) -> usize {
        t + usize::from(!self.reverse)
    }

    /// The steps that the backward pass takes together: enough rows for efficient
    /// products, and few enough to be little beside what is saved.
    fn steps_back(&self) -> usize {
        let rows = (self.seq * self.batch / 20).clamp(64, 512);
        (rows / self.batch.max(1)).clamp(1, STEPS).min(self.seq)
    }

    /// The steps that the loss depends on: up to the last one whose h̄ is not zero, or all
    /// of them if c̄ after the last step is not zero.
    fn steps_with_gradient<T: Scalar>(&self, dy: &Tensor<T>, dc_n: &Tensor<T>) -> Range<usize> {
        let is_zero = |gradient: &[T]| gradient.iter().all(|&d| d == T::zero());
        let rests = |t: &usize| is_zero(&dy.data()[self.rows(*t, &(0..self.batch), self.output)]);
        let at_rest = match is_zero(dc_n.data()) {
            true => in_order(0..self.seq, !self.reverse).take_while(rests).count(),
            false => 0,
        };
        if self.reverse { at_rest..self.seq } else { 0..self.seq - at_rest }
    }

    /// Where some rows of step t stand in a list of all, each row `width` numbers.
    fn rows(&self, t: usize, rows: &Range<usize>, width: usize) -> Range<usize> {
        (t * self.batch + rows.start) * width..(t * self.batch + rows.end) * width
    }

    /// How much of m is kept for each row.
    fn projected(&self) -> usize {
        if self.proj > 0 { self.hidden } else { 0 }
    }

    fn threads(&self) -> usize {
        let Sizes { seq, batch, features, hidden, output, .. } = *self;
        threads_worth(seq * batch * hidden * (features + output) / 2)
    }
}

fn in_order(range: Range<usize>, reverse: bool) -> impl Iterator<Item = usize> {
    (0..range.len()).map(move |k| if reverse { range.end - 1 - k } else { range.start + k })
}

/// Time cut into pieces of so many steps, in the order in which they are taken.
fn pieces(times: Range<usize>, steps: usize, reverse: bool) -> impl Iterator<Item = Range<usize>> {
    in_order(0..times.len().div_ceil(steps), reverse).map(move |k| {
        let start = times.start + k * steps;
        start..times.end.min(start + steps)
    })
}

/// The numbers of each step of a piece, or of the states around its steps.
type Blocks<'a, T> = [&'a mut [T]; STEPS + 1];

fn blocks<T>(numbers: &mut [T], size: usize, range: Range<usize>) -> Blocks<'_, T> {
    let range = range.start * size..range.end * size;
    let mut blocks = numbers[range].chunks_exact_mut(size.max(1));
    array::from_fn(|_| blocks.next().unwrap_or_default())
}

/// Cuts the rows into shares and works on them in parallel. `lists` has what the work
/// changes, each with the length of its rows.
fn for_each_share<T: Scalar, const N: usize>(
    rows: Range<usize>,
    mut lists: [(usize, Blocks<'_, T>); N],
    threads: usize,
    work: &(impl Fn(Range<usize>, [Blocks<'_, T>; N]) + Sync),
) {
    if threads < 2 || rows.len() < 8 {
        return work(rows, lists.map(|(_, blocks)| blocks));
    }
    // A multiple of 4, as many as a product's kernel takes together.
    let first = (rows.len() * (threads / 2) / threads).next_multiple_of(4);
    let cut = array::from_fn(|n| {
        let (width, blocks) = &mut lists[n];
        let mut cut = |k: usize| blocks[k].split_off_mut(..first * *width).unwrap_or_default();
        (*width, array::from_fn(&mut cut))
    });
    let middle = rows.start + first;
    rayon::join(
        || for_each_share(rows.start..middle, cut, threads / 2, work),
        || for_each_share(middle..rows.end, lists, threads - threads / 2, work),
    );
}

/// What the backward pass needs.
struct Saved<T: Scalar> {
    sizes: Sizes,
    lengths: Option<Vec<usize>>,
    x: Tensor<T>,
    w_ih: Tensor<T>,
    w_hh: Tensor<T>,
    w_hr: Tensor<T>,
    /// All seq + 1 hidden states.
    h: Tensor<T>,
    /// i, f, g and o side by side.
    gates: Buffer<T>,
    /// All seq + 1 cell states.
    c: Buffer<T>,
    tanh_c: Buffer<T>,
    /// What is projected: o ⊙ tanh(c).
    m: Buffer<T>,
}

/// The rows among `rows`, counted from the first, for which step t is outside their
/// length.
fn outside(
    lengths: Option<&[usize]>,
    t: usize,
    rows: &Range<usize>,
) -> impl Iterator<Item = usize> {
    let lengths = lengths.map_or(&[][..], |lengths| &lengths[rows.clone()]);
    lengths.iter().enumerate().filter(move |(_, length)| t >= **length).map(|(row, _)| row)
}

fn forward<T: Scalar>(
    sizes: Sizes,
    [x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr]: [Tensor<T>; 8],
    lengths: Option<Vec<usize>>,
) -> ([Tensor<T>; 2], Saved<T>) {
    let Sizes { seq, batch, features, hidden, output, proj, reverse } = sizes;
    let b = b_ih.zip(&b_hh, |a, b| a + b);
    let transposed = |w: &Tensor<T>| {
        let [n, k] = [w.shape()[0], w.shape()[1]];
        Packed::new(Matrix::transposed(w.data(), k), k, n)
    };
    let [w_ih_t, w_hh_t, w_hr_t] = [&w_ih, &w_hh, &w_hr].map(transposed);

    let mut gates = Buffer::stale(seq * batch * 4 * hidden);
    let mut c = Buffer::stale((seq + 1) * batch * hidden);
    let mut tanh_c = Buffer::stale(seq * batch * hidden);
    let projected = sizes.projected();
    let mut m = Buffer::stale(seq * batch * projected);
    let mut h = Buffer::stale((seq + 1) * batch * output);
    let (first, last) = if reverse { (seq, 0) } else { (0, seq) };
    h[first * batch * output..][..batch * output].copy_from_slice(h_0.data());
    c[first * batch * hidden..][..batch * hidden].copy_from_slice(c_0.data());

    let work = |times: Range<usize>, rows: Range<usize>, blocks: [Blocks<'_, T>; 5]| {
        let [gates, mut c, tanh_c, mut h, m] = blocks;
        let at = |t, width| sizes.rows(t, &rows, width);
        let a: &mut [T] = &mut Buffer::stale(rows.len() * 4 * hidden);
        for t in in_order(times.clone(), reverse) {
            let k = t - times.start;
            let around = [sizes.before(k), sizes.after(k)];
            let [c_prev, c] = c.get_disjoint_mut(around).expect("two states");
            let [h_prev, h] = h.get_disjoint_mut(around).expect("two states");
            // What is inside the brackets of the first four equations.
            a.chunks_exact_mut(4 * hidden).for_each(|a| a.copy_from_slice(b.data()));
            add_product(a, Matrix::new(&x.data()[at(t, features)], features), &w_ih_t);
            add_product(a, Matrix::new(h_prev, output), &w_hh_t);
            let outside = || outside(lengths.as_deref(), t, &rows);
            for row in outside() {
                // Shut gates: nothing is forgotten, written or shown.
                let a = split_mut(&mut a[row * 4 * hidden..][..4 * hidden]);
                let shut = [T::neg_infinity(), T::infinity(), T::zero(), T::neg_infinity()];
                a.into_iter().zip(shut).for_each(|(a, shut)| a.fill(shut));
            }
            dispatch(StepForward {
                hidden,
                a,
                gates: &mut *gates[k],
                c_prev,
                c,
                tanh_c: &mut *tanh_c[k],
                h: if proj > 0 { m[k] } else { h },
            });
            if proj > 0 {
                h.fill(T::zero());
                add_product(h, Matrix::new(&*m[k], hidden), &w_hr_t);
            }
            for row in outside() {
                let row = row * output..(row + 1) * output;
                h[row.clone()].copy_from_slice(&h_prev[row]);
            }
        }
    };
    let threads = sizes.threads();
    in_pool(threads, || {
        for times in pieces(0..seq, STEPS, reverse) {
            let states = times.start..times.end + 1;
            let lists = [
                (4 * hidden, blocks(&mut gates, batch * 4 * hidden, times.clone())),
                (hidden, blocks(&mut c, batch * hidden, states.clone())),
                (hidden, blocks(&mut tanh_c, batch * hidden, times.clone())),
                (output, blocks(&mut h, batch * output, states)),
                (projected, blocks(&mut m, batch * projected, times.clone())),
            ];
            for_each_share(0..batch, lists, threads, &|rows, blocks| {
                work(times.clone(), rows, blocks)
            });
        }
    });
    let h = Tensor::from_buffer([seq + 1, batch, output], h);
    let c_n = Buffer::from(&c[last * batch * hidden..][..batch * hidden]);
    let values = [h.narrow(0, sizes.after(0), seq), Tensor::from_buffer([1, batch, hidden], c_n)];
    (values, Saved { sizes, lengths, x, w_ih, w_hh, w_hr, h, gates, c, tanh_c, m })
}

/// The gradients of x, h_0, c_0, W_ih, W_hh, b_ih, b_hh and W_hr: backpropagation
/// through time. Each line that ends in a name is that equation of the book.
fn backward<T: Scalar>(
    saved: &Saved<T>,
    dy: &Tensor<T>,
    dc_n: &Tensor<T>,
    wanted: [bool; 8],
) -> [Option<Tensor<T>>; 8] {
    let Saved { sizes, lengths, x, w_ih, w_hh, w_hr, h, gates, c, tanh_c, m } = saved;
    let Sizes { batch, features, hidden, output, proj, reverse, .. } = *sizes;
    let projected = sizes.projected();
    let threads = sizes.threads();
    let first = if reverse { sizes.seq - 1 } else { 0 };
    let x_wanted = if wanted[0] { 4 * hidden } else { 0 };
    let [w_ih_b, w_hh_b, w_hr_b] = [(w_ih, x_wanted), (w_hh, 4 * hidden), (w_hr, proj)]
        .map(|(w, k)| Packed::new(Matrix::new(w.data(), w.shape()[1]), k, w.shape()[1]));

    let rows = sizes.steps_back() * batch;
    let mut da = Buffer::stale(rows * 4 * hidden);
    let mut dhs = Buffer::stale(rows * proj);
    let mut dh = Tensor::zeros([batch, output]);
    let mut dc = dc_n.reshape([batch, hidden]);
    let [mut dw_ih, mut dw_hh, mut dw_hr] = [w_ih, w_hh, w_hr].map(|w| Tensor::zeros(w.shape()));
    let mut db = Tensor::zeros([4 * hidden]);
    let mut dx = Tensor::zeros(if wanted[0] { x.shape() } else { [0].into() });

    let work = |times: Range<usize>, rows: Range<usize>, blocks: [Blocks<'_, T>; 4]| {
        let [da, dhs, [dh, ..], [dc, ..]] = blocks;
        let at = |t, width| sizes.rows(t, &rows, width);
        let mut dm = Buffer::zeros(rows.len() * projected);
        for t in in_order(times.clone(), !reverse) {
            let (da, dhs) = (&mut *da[t - times.start], &mut *dhs[t - times.start]);
            // h̄_t has two sources: the output at t, and the step after t.
            dispatch(AddRows(dh, &dy.data()[at(t, output)]));
            if proj > 0 {
                dhs.copy_from_slice(dh);
                dm.fill(T::zero());
                add_product(&mut dm, Matrix::new(dh, proj), &w_hr_b);
            }
            dispatch(StepBackward {
                hidden,
                gates: &gates[at(t, 4 * hidden)],
                c_prev: &c[at(sizes.before(t), hidden)],
                tanh_c: &tanh_c[at(t, hidden)],
                dh: if proj > 0 { &dm } else { dh },
                dc,
                da,
            });
            if t == first && !wanted[1] {
                continue; // Nobody asks for the gradient of h_0.
            }
            // Outside its length, a sample's h̄ goes on as it is, and its ā is 0.
            let mut outside = outside(lengths.as_deref(), t, &rows).peekable();
            for (row, dh) in dh.chunks_exact_mut(output).enumerate() {
                if outside.next_if_eq(&row).is_none() {
                    dh.fill(T::zero());
                }
            }
            add_product(dh, Matrix::new(da, 4 * hidden), &w_hh_b); // (bptt-h-prev)
        }
    };
    let [dx_, dh_, dc_, dw_ih_, dw_hh_, dw_hr_, db_] =
        [&mut dx, &mut dh, &mut dc, &mut dw_ih, &mut dw_hh, &mut dw_hr, &mut db]
            .map(Tensor::data_mut);
    in_pool(threads, || {
        for times in pieces(sizes.steps_with_gradient(dy, dc_n), sizes.steps_back(), !reverse) {
            let rows = times.len() * batch;
            let lists = [
                (4 * hidden, blocks(&mut da, batch * 4 * hidden, 0..times.len())),
                (proj, blocks(&mut dhs, batch * proj, 0..times.len())),
                (output, blocks(dh_, batch * output, 0..1)),
                (hidden, blocks(dc_, batch * hidden, 0..1)),
            ];
            for_each_share(0..batch, lists, threads, &|rows, blocks| {
                work(times.clone(), rows, blocks)
            });

            // The sums over all rows of the piece, in the order of time.
            let da = &da[..rows * 4 * hidden];
            let from = times.start * batch;
            let x = &x.data()[from * features..][..rows * features];
            let h_prev = &h.data()[sizes.before(times.start) * batch * output..][..rows * output];
            let m = &m[from * projected..][..rows * projected];
            add_transposed(dw_ih_, (da, 4 * hidden), (x, features)); // (bptt-w-ih)
            add_transposed(dw_hh_, (da, 4 * hidden), (h_prev, output)); // (bptt-w-hh)
            add_transposed(dw_hr_, (&dhs[..rows * proj], proj), (m, hidden));
            dispatch(AddRows(db_, da)); // (bptt-b)
            if wanted[0] {
                let dx = &mut dx_[from * features..][..rows * features];
                add_product_parallel(dx, Matrix::new(da, 4 * hidden), &w_ih_b); // (bptt-x)
            }
        }
    });
    [dx, dh, dc, dw_ih, dw_hh, db.clone(), db, dw_hr].map(Some)
}

/// `C += Aᵀ B`. The matrices have as many rows, and come with their widths.
fn add_transposed<T: Scalar>(c: &mut [T], (a, m): (&[T], usize), (b, n): (&[T], usize)) {
    let b = Packed::new(Matrix::new(b, n), b.len() / n, n);
    add_product_parallel(c, Matrix::transposed(a, m), &b);
}

/// One step of some rows: from what is inside the brackets, `a`, to the gates, c, tanh(c)
/// and h.
struct StepForward<'a, T> {
    hidden: usize,
    a: &'a [T],
    gates: &'a mut [T],
    c_prev: &'a [T],
    c: &'a mut [T],
    tanh_c: &'a mut [T],
    h: &'a mut [T],
}

impl<T: Scalar> Kernel for StepForward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let hidden = self.hidden;
        let gates = self.a.chunks_exact(4 * hidden).zip(self.gates.chunks_exact_mut(4 * hidden));
        let states = self.c_prev.chunks_exact(hidden).zip(self.c.chunks_exact_mut(hidden));
        let rows = self.tanh_c.chunks_exact_mut(hidden).zip(self.h.chunks_exact_mut(hidden));
        // Vectors of 8 numbers; for a last one that is not full, the last 8 once more.
        let full = if hidden < 8 { hidden } else { hidden / 8 * 8 };
        let ranges = [0..full, hidden - (hidden - full).next_multiple_of(8)..hidden];
        for (((a, gates), (c_prev, c)), (tanh_c, h)) in gates.zip(states).zip(rows) {
            let (a, [i, f, g, o]) = (split(a), split_mut(gates));
            for range in ranges.clone() {
                let a = a.map(|a| &a[range.clone()]);
                let [i, f, g, o] = [&mut *i, f, g, o].map(|y| &mut y[range.clone()]);
                let (c, tanh_c) = (&mut c[range.clone()], &mut tanh_c[range.clone()]);
                forward_row(a, i, f, g, o, &c_prev[range.clone()], c, tanh_c, &mut h[range]);
            }
        }
    }
}

// Slices as arguments of their own tell the compiler that they do not overlap.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn forward_row<T: Scalar>(
    [a_i, a_f, a_g, a_o]: [&[T]; 4],
    i: &mut [T],
    f: &mut [T],
    g: &mut [T],
    o: &mut [T],
    c_prev: &[T],
    c: &mut [T],
    tanh_c: &mut [T],
    h: &mut [T],
) {
    let n = h.len();
    let (a_i, a_f, a_g, a_o) = (&a_i[..n], &a_f[..n], &a_g[..n], &a_o[..n]);
    let (i, f, g, o) = (&mut i[..n], &mut f[..n], &mut g[..n], &mut o[..n]);
    let (c_prev, c, tanh_c) = (&c_prev[..n], &mut c[..n], &mut tanh_c[..n]);
    for k in 0..n {
        i[k] = Elementary::sigmoid(a_i[k]);
        f[k] = Elementary::sigmoid(a_f[k]);
        g[k] = Elementary::tanh(a_g[k]);
        o[k] = Elementary::sigmoid(a_o[k]);
        c[k] = f[k] * c_prev[k] + i[k] * g[k];
        tanh_c[k] = Elementary::tanh(c[k]);
        h[k] = o[k] * tanh_c[k];
    }
}

/// One step back of some rows: from h̄_t and what came to c̄_t from the step after,
/// `dc`, to ā_t, and to what goes to c̄_{t−1}, again `dc`.
struct StepBackward<'a, T> {
    hidden: usize,
    gates: &'a [T],
    c_prev: &'a [T],
    tanh_c: &'a [T],
    dh: &'a [T],
    dc: &'a mut [T],
    da: &'a mut [T],
}

impl<T: Scalar> Kernel for StepBackward<'_, T> {
    #[inline(always)]
    fn run(self) {
        let hidden = self.hidden;
        let gates = self.gates.chunks_exact(4 * hidden).zip(self.da.chunks_exact_mut(4 * hidden));
        let states = self.c_prev.chunks_exact(hidden).zip(self.tanh_c.chunks_exact(hidden));
        let grads = self.dh.chunks_exact(hidden).zip(self.dc.chunks_exact_mut(hidden));
        for (((gates, da), (c_prev, tanh_c)), (dh, dc)) in gates.zip(states).zip(grads) {
            backward_row(split(gates), split_mut(da), c_prev, tanh_c, dh, dc);
        }
    }
}

#[inline(always)]
fn backward_row<T: Scalar>(
    [i, f, g, o]: [&[T]; 4],
    [da_i, da_f, da_g, da_o]: [&mut [T]; 4],
    c_prev: &[T],
    tanh_c: &[T],
    dh: &[T],
    dc: &mut [T],
) {
    let n = dh.len();
    let (i, f, g, o) = (&i[..n], &f[..n], &g[..n], &o[..n]);
    let (c_prev, tanh_c, dc) = (&c_prev[..n], &tanh_c[..n], &mut dc[..n]);
    let (da_i, da_f) = (&mut da_i[..n], &mut da_f[..n]);
    let (da_g, da_o) = (&mut da_g[..n], &mut da_o[..n]);
    let one = T::one();
    for k in 0..n {
        let do_ = dh[k] * tanh_c[k]; // (bptt-o)
        let dc_t = dc[k] + dh[k] * o[k] * (one - tanh_c[k] * tanh_c[k]); // (bptt-c)
        let di = dc_t * g[k]; // (bptt-i)
        let df = dc_t * c_prev[k]; // (bptt-f)
        let dg = dc_t * i[k]; // (bptt-g)
        dc[k] = dc_t * f[k]; // (bptt-c-prev)
        da_i[k] = di * i[k] * (one - i[k]); // (bptt-ai)
        da_f[k] = df * f[k] * (one - f[k]); // (bptt-af)
        da_g[k] = dg * (one - g[k] * g[k]); // (bptt-ag)
        da_o[k] = do_ * o[k] * (one - o[k]); // (bptt-ao)
    }
}

#[inline(always)]
fn split<T>(gates: &[T]) -> [&[T]; 4] {
    let (i_f, g_o) = gates.split_at(gates.len() / 2);
    let ((i, f), (g, o)) = (i_f.split_at(i_f.len() / 2), g_o.split_at(g_o.len() / 2));
    [i, f, g, o]
}

#[inline(always)]
fn split_mut<T>(gates: &mut [T]) -> [&mut [T]; 4] {
    let (i_f, g_o) = gates.split_at_mut(gates.len() / 2);
    let (i, f) = i_f.split_at_mut(i_f.len() / 2);
    let (g, o) = g_o.split_at_mut(g_o.len() / 2);
    [i, f, g, o]
}

/// `y += x`, for each row of x.
struct AddRows<'a, T>(&'a mut [T], &'a [T]);

impl<T: Scalar> Kernel for AddRows<'_, T> {
    #[inline(always)]
    fn run(self) {
        for x in self.1.chunks_exact(self.0.len().max(1)) {
            self.0.iter_mut().zip(x).for_each(|(y, &x)| *y += x);
        }
    }
}

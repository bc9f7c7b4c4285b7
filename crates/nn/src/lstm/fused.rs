//! The equations of [`cell`](super::cell) for a whole sequence, as one operation
//! of the tape, with backpropagation through time derived by hand.
//!
//! It computes what the reference computes, and keeps what the backward pass
//! needs once: the inputs `[x_t, h_{t−1}]` side by side, the gates, the cell
//! states and their tanh. These are `seq · batch · (input_size + 7·hidden_size)`
//! numbers.
//!
//! The batch is cut into shares of rows that do not depend on each other. Each
//! share goes through time on its own, on another thread where that pays. The
//! cut depends on the sizes alone, so the results do not depend on the number of
//! threads.

use rayon::prelude::*;
use tensor::product::{Matrix, Packed, add_product, add_product_parallel};
use tensor::simd::{Kernel, dispatch};
use tensor::{Buffer, Elementary, Scalar, Tensor, Var};

use super::cell::{State, Weights};

/// Runs one layer over `[seq, batch, features]` in one direction, without a
/// projection. Returns the hidden states in the order of time,
/// `[seq, batch, hidden_size]`, and the last state, twice `[batch, hidden_size]`.
pub(crate) fn sequence<'t, T: Scalar>(
    x: Var<'t, T>,
    (h_0, c_0): State<'t, T>,
    w: Weights<'t, T>,
    reverse: bool,
) -> (Var<'t, T>, State<'t, T>) {
    let sizes = Sizes::new(x, w, reverse);
    let Sizes { seq, batch, hidden, .. } = sizes;
    let bias = [w.bias_ih, w.bias_hh].map(|b| b.map(|b| b.value()));
    let values = [x, h_0, c_0, w.ih, w.hh].map(|v| v.value());
    let (y, saved) = forward(sizes, &values, &bias);

    let [_, _, _, w_ih, w_hh] = values;
    let pullback = move |dy: &Tensor<T>, wanted| backward(&saved, dy, [&w_ih, &w_hh], wanted);
    let y = match (w.bias_ih, w.bias_hh) {
        (Some(b_ih), Some(b_hh)) => {
            x.tape().record("lstm", [x, h_0, c_0, w.ih, w.hh, b_ih, b_hh], y, pullback)
        }
        _ => x.tape().record("lstm", [x, h_0, c_0, w.ih, w.hh], y, move |dy, wanted| {
            let [x, h, c, ih, hh] = wanted;
            let [x, h, c, ih, hh, ..] = pullback(dy, [x, h, c, ih, hh, false, false]);
            [x, h, c, ih, hh]
        }),
    };
    // The value is the hidden states, one after the other, and then c_n.
    let at = |t| y.narrow(0, t, 1).reshape([batch, hidden]);
    let h_n = at(if reverse { 0 } else { seq - 1 });
    (y.narrow(0, 0, seq), (h_n, at(seq)))
}

#[derive(Clone, Copy)]
struct Sizes {
    seq: usize,
    batch: usize,
    features: usize,
    hidden: usize,
    reverse: bool,
}

impl Sizes {
    fn new<T: Scalar>(x: Var<'_, T>, w: Weights<'_, T>, reverse: bool) -> Self {
        let [seq, batch, features] = std::array::from_fn(|dim| x.shape()[dim]);
        Sizes { seq, batch, features, hidden: w.hh.shape()[1], reverse }
    }

    /// The width of `[x_t, h_{t−1}]`.
    fn width(&self) -> usize {
        self.features + self.hidden
    }

    /// The time of the k-th step.
    fn time(&self, k: usize) -> usize {
        if self.reverse { self.seq - 1 - k } else { k }
    }

    /// The rows of each share.
    fn shares(&self) -> Vec<std::ops::Range<usize>> {
        let rows = if self.seq * self.batch * self.hidden * self.width() < 1 << 22 {
            self.batch // too little work for a second thread
        } else {
            (self.batch / 2).clamp(16, 32)
        };
        (0..self.batch).step_by(rows.max(1)).map(|r| r..self.batch.min(r + rows)).collect()
    }

    fn for_each_share<R: Send>(
        &self,
        f: impl Fn(std::ops::Range<usize>) -> R + Sync + Send,
    ) -> Vec<R> {
        let shares = self.shares();
        if let [_] = shares[..] {
            shares.into_iter().map(f).collect()
        } else {
            shares.into_par_iter().map(f).collect()
        }
    }
}

/// What the backward pass needs of a share of the batch, step by step. A row is
/// one sample.
struct Share<T> {
    rows: std::ops::Range<usize>,
    /// `[x_t, h_{t−1}]`.
    xh: Buffer<T>,
    /// i, f, g and o side by side.
    gates: Buffer<T>,
    /// `c_0`, then `c_t` after each step.
    c: Buffer<T>,
    tanh_c: Buffer<T>,
}

struct Saved<T> {
    sizes: Sizes,
    shares: Vec<Share<T>>,
}

/// `[W_ih, W_hh]`, row by row.
fn side_by_side<T: Scalar>(w_ih: &Tensor<T>, w_hh: &Tensor<T>) -> Tensor<T> {
    Tensor::cat(&[w_ih.clone(), w_hh.clone()], 1)
}

fn forward<T: Scalar>(
    sizes: Sizes,
    [x, h_0, c_0, w_ih, w_hh]: &[Tensor<T>; 5],
    bias: &[Option<Tensor<T>>; 2],
) -> (Tensor<T>, Saved<T>) {
    let Sizes { seq, batch, features, hidden, .. } = sizes;
    let width = sizes.width();
    let w = side_by_side(w_ih, w_hh);
    let packed = Packed::new(Matrix::transposed(w.data(), width), width, 4 * hidden);
    let b: Vec<T> = match bias {
        [Some(b_ih), Some(b_hh)] => b_ih.zip(b_hh, |a, b| a + b).data().to_vec(),
        _ => vec![T::zero(); 4 * hidden],
    };

    let run = |rows: std::ops::Range<usize>| {
        let n = rows.len();
        let part = rows.start * hidden..rows.end * hidden;
        let [mut xh, mut gates, mut c, mut tanh_c, mut hs] =
            [seq * width, 4 * seq * hidden, (seq + 1) * hidden, seq * hidden, seq * hidden]
                .map(|size| Buffer::with_capacity(n * size));
        c.extend_from_slice(&c_0.data()[part.clone()]);
        let mut h = h_0.data()[part].to_vec();
        for k in 0..seq {
            let x = &x.data()[(sizes.time(k) * batch + rows.start) * features..];
            for (x, h) in x.chunks_exact(features).zip(h.chunks_exact(hidden)) {
                xh.extend_from_slice(x);
                xh.extend_from_slice(h);
                gates.extend_from_slice(&b);
            }
            c.resize((k + 2) * n * hidden, T::zero());
            tanh_c.resize((k + 1) * n * hidden, T::zero());
            let gates = &mut gates[k * n * 4 * hidden..];
            add_product(gates, Matrix::new(&xh[k * n * width..], width), &packed);
            let (c_prev, c) = c[k * n * hidden..].split_at_mut(n * hidden);
            let tanh_c = &mut tanh_c[k * n * hidden..];
            dispatch(StepForward { hidden, gates, c_prev, c, tanh_c, h: &mut h });
            hs.extend_from_slice(&h);
        }
        (Share { rows, xh, gates, c, tanh_c }, hs)
    };
    let results = sizes.for_each_share(run);

    let mut y = Buffer::zeros((seq + 1) * batch * hidden);
    for (Share { rows, c, .. }, hs) in &results {
        let n = rows.len() * hidden;
        for k in 0..=seq {
            let (t, source) =
                if k < seq { (sizes.time(k), &hs[k * n..]) } else { (seq, &c[seq * n..]) };
            y[(t * batch + rows.start) * hidden..][..n].copy_from_slice(&source[..n]);
        }
    }
    let shares = results.into_iter().map(|(share, _)| share).collect();
    (Tensor::from_buffer([seq + 1, batch, hidden], y), Saved { sizes, shares })
}

/// The gradients of x, h_0, c_0, W_ih, W_hh, b_ih and b_hh: backpropagation
/// through time. Each line that ends in a name is that equation of the book.
fn backward<T: Scalar>(
    saved: &Saved<T>,
    dy: &Tensor<T>,
    [w_ih, w_hh]: [&Tensor<T>; 2],
    wanted: [bool; 7],
) -> [Option<Tensor<T>>; 7] {
    let sizes = saved.sizes;
    let Sizes { seq, batch, features, hidden, .. } = sizes;
    let [x_wanted, ..] = wanted;
    // Without x̄, only the columns of W_hh are needed.
    let (w, skip) = if x_wanted { (side_by_side(w_ih, w_hh), 0) } else { (w_hh.clone(), features) };
    let columns = sizes.width() - skip;
    let packed = Packed::new(Matrix::new(w.data(), columns), 4 * hidden, columns);

    let run = |rows: std::ops::Range<usize>| {
        let share = saved.shares.iter().find(|share| share.rows == rows);
        let share = share.expect("the shares depend on the sizes alone");
        let n = rows.len();
        let dy = |t: usize| &dy.data()[(t * batch + rows.start) * hidden..][..n * hidden];
        let mut da = Buffer::zeros(seq * n * 4 * hidden);
        let mut dxh = Buffer::zeros(seq * n * columns);
        let mut dh = vec![T::zero(); n * hidden];
        let mut dc = dy(seq).to_vec();
        for k in (0..seq).rev() {
            // h̄_t has two sources: the output at t, and the step after t.
            dispatch(AddAssign(&mut dh, dy(sizes.time(k))));
            let da = &mut da[k * n * 4 * hidden..][..n * 4 * hidden];
            dispatch(StepBackward {
                hidden,
                gates: &share.gates[k * n * 4 * hidden..][..n * 4 * hidden],
                c_prev: &share.c[k * n * hidden..][..n * hidden],
                tanh_c: &share.tanh_c[k * n * hidden..][..n * hidden],
                dh: &dh,
                dc: &mut dc,
                da,
            });
            let dxh = &mut dxh[k * n * columns..][..n * columns];
            add_product(dxh, Matrix::new(da, 4 * hidden), &packed); // (bptt-x)
            for (dh, dxh) in dh.chunks_exact_mut(hidden).zip(dxh.chunks_exact(columns)) {
                dh.copy_from_slice(&dxh[columns - hidden..]); // (bptt-h-prev)
            }
        }
        (rows, da, dxh, dh, dc)
    };
    let shares = sizes.for_each_share(run);

    let mut dx = Tensor::zeros(if x_wanted { [seq, batch, features] } else { [0; 3] });
    let [mut dh_0, mut dc_0] = [0; 2].map(|_| Tensor::zeros([batch, hidden]));
    let mut dw = Tensor::zeros([4 * hidden, sizes.width()]);
    let mut db = Tensor::zeros([4 * hidden]);
    for ((rows, da, dxh, dh, dc), share) in shares.iter().zip(&saved.shares) {
        let n = rows.len();
        dh_0.data_mut()[rows.start * hidden..][..n * hidden].copy_from_slice(dh);
        dc_0.data_mut()[rows.start * hidden..][..n * hidden].copy_from_slice(dc);
        if x_wanted {
            for (k, dxh) in dxh.chunks_exact(n * columns).enumerate() {
                let dx = &mut dx.data_mut()[(sizes.time(k) * batch + rows.start) * features..];
                for (dx, dxh) in dx.chunks_exact_mut(features).zip(dxh.chunks_exact(columns)) {
                    dx.copy_from_slice(&dxh[..features]);
                }
            }
        }
        // One product over all steps: W̄ = Σ_t ā_tᵀ [x_t, h_{t−1}].
        let xh = Packed::new(Matrix::new(&share.xh, sizes.width()), seq * n, sizes.width());
        let da_t = Matrix::transposed(da, 4 * hidden);
        add_product_parallel(dw.data_mut(), da_t, &xh);
        for da in da.chunks_exact(4 * hidden) {
            dispatch(AddAssign(db.data_mut(), da)); // (bptt-b)
        }
    }
    let dw_ih = dw.narrow(1, 0, features); // (bptt-w-ih)
    let dw_hh = dw.narrow(1, features, hidden); // (bptt-w-hh)
    [Some(dx), Some(dh_0), Some(dc_0), Some(dw_ih), Some(dw_hh), Some(db.clone()), Some(db)]
}

/// One step of some rows: activates the gates, and computes c, tanh(c) and h.
struct StepForward<'a, T> {
    hidden: usize,
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
        let inputs = self.gates.chunks_exact_mut(4 * hidden).zip(self.c_prev.chunks_exact(hidden));
        let states = self.c.chunks_exact_mut(hidden).zip(self.tanh_c.chunks_exact_mut(hidden));
        let rows = inputs.zip(states).zip(self.h.chunks_exact_mut(hidden));
        for (((gates, c_prev), (c, tanh_c)), h) in rows {
            let [i, f, g, o] = split_mut(gates);
            forward_row(i, f, g, o, c_prev, c, tanh_c, h);
        }
    }
}

// Slices as arguments of their own tell the compiler that they do not overlap.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn forward_row<T: Scalar>(
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
    let (i, f, g, o) = (&mut i[..n], &mut f[..n], &mut g[..n], &mut o[..n]);
    let (c_prev, c, tanh_c) = (&c_prev[..n], &mut c[..n], &mut tanh_c[..n]);
    for k in 0..n {
        i[k] = Elementary::sigmoid(i[k]);
        f[k] = Elementary::sigmoid(f[k]);
        g[k] = Elementary::tanh(g[k]);
        o[k] = Elementary::sigmoid(o[k]);
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

/// `y += x`.
struct AddAssign<'a, T>(&'a mut [T], &'a [T]);

impl<T: Scalar> Kernel for AddAssign<'_, T> {
    #[inline(always)]
    fn run(self) {
        self.0.iter_mut().zip(self.1).for_each(|(y, &x)| *y += x);
    }
}

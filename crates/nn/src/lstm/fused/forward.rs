//! The loop over time.

use std::ops::Range;

use rayon::prelude::*;
use tensor::kernel::product::{Matrix, add_product};
use tensor::kernel::simd::Arch;
use tensor::kernel::threads::in_pool;
use tensor::{Buffer, Scalar, Tensor, Var};

use super::shares::{self, Steps};
use super::{Inputs, Saved, Sizes, backward, in_order, outside, step};
use crate::lstm::equations::{State, Weights};

/// Runs one layer over `[seq, batch, features]` in one direction. Returns the hidden
/// states in the order of time, `[seq, batch, H_out]`, and the last state,
/// `[1, batch, H_out]` and `[1, batch, hidden_size]`.
///
/// With `lengths`, a sample's state stays as it is outside its length.
#[track_caller]
pub fn sequence<'t, T: Scalar>(
    x: Var<'t, T>,
    (h_0, c_0): State<'t, T>,
    w: Weights<'t, T>,
    reverse: bool,
    lengths: Option<&[usize]>,
) -> (Var<'t, T>, State<'t, T>) {
    let [seq, batch, features] = x.dims();
    let ([_, output], [_, hidden]) = (h_0.dims(), c_0.dims());
    // What is not there is a constant: no bias is zeros, no projection has no rows.
    let or_zeros = |v: Option<Var<'t, T>>, shape: &[usize]| {
        v.unwrap_or_else(|| x.tape().constant(Tensor::zeros(shape)))
    };
    let (b_ih, b_hh) = (or_zeros(w.bias_ih, &[4 * hidden]), or_zeros(w.bias_hh, &[4 * hidden]));
    let w_hr = or_zeros(w.hr, &[0, hidden]);
    let [w_ih_t, w_hh_t, w_hr_t] = [w.ih, w.hh, w_hr].map(|w| w.packed_weight(seq * batch));
    let [proj, _] = w_hr.dims();
    let tape = x.tape();
    let inputs = Inputs { x, h_0, c_0, w_ih: w.ih, w_hh: w.hh, b_ih, b_hh, w_hr }.into_array();
    let Inputs { x, h_0, c_0, w_ih, w_hh, b_ih, b_hh, w_hr } = Inputs::of(inputs.map(Var::value));

    let sizes = Sizes { seq, batch, features, hidden, output, proj, reverse };
    let (projected, [first, last]) = (sizes.projected(), sizes.ends());
    let mut h = Buffer::stale((seq + 1) * batch * output);
    let mut c = Buffer::stale((seq + 1) * batch * hidden);
    let mut gates = Buffer::stale(seq * batch * 4 * hidden);
    let mut tanh_c = Buffer::stale(seq * batch * hidden);
    let mut m = Buffer::stale(seq * batch * projected);
    h[sizes.before(first) * batch * output..][..batch * output].copy_from_slice(h_0.data());
    c[sizes.before(first) * batch * hidden..][..batch * hidden].copy_from_slice(c_0.data());

    let bias = b_ih.zip(&b_hh, |a, b| a + b);
    let through_time = |mut share: Share<'_, T>| {
        let rows = share.rows;
        let a: &mut [T] = &mut Buffer::stale(rows.len() * 4 * hidden);
        for t in in_order(0..seq, reverse) {
            let states = [sizes.before(t), sizes.after(t)];
            let [h_prev, h] = share.h.get_disjoint_mut(states).expect("two states");
            let [c_prev, c] = share.c.get_disjoint_mut(states).expect("two states");
            // a = b + x_t W_ihᵀ + h_{t−1} W_hhᵀ, what is inside the brackets
            a.chunks_exact_mut(4 * hidden).for_each(|a| a.copy_from_slice(bias.data()));
            let x_t = &x.data()[sizes.rows(t, &rows, features)];
            add_product(a, Matrix::new(x_t, features), &w_ih_t);
            add_product(a, Matrix::new(h_prev, output), &w_hh_t);
            for row in outside(lengths, t, &rows) {
                shut(&mut a[row * 4 * hidden..][..4 * hidden]);
            }
            let (gates, tanh_c) = (&mut *share.gates[t], &mut *share.tanh_c[t]);
            let m = if proj > 0 { &mut *share.m[t] } else { &mut **h };
            Arch::new().dispatch(step::Forward { hidden, a, c_prev, gates, c, tanh_c, h: m });
            if proj > 0 {
                h.fill(T::zero());
                add_product(h, Matrix::new(&*share.m[t], hidden), &w_hr_t);
            }
            for row in outside(lengths, t, &rows) {
                let row = row * output..(row + 1) * output;
                h[row.clone()].copy_from_slice(&h_prev[row]);
            }
        }
    };
    let threads = sizes.threads();
    in_pool(threads, || {
        let ranges = shares::ranges(batch, threads);
        let h = shares::cut(&mut h, seq + 1, output, &ranges);
        let c = shares::cut(&mut c, seq + 1, hidden, &ranges);
        let gates = shares::cut(&mut gates, seq, 4 * hidden, &ranges);
        let tanh_c = shares::cut(&mut tanh_c, seq, hidden, &ranges);
        let m = shares::cut(&mut m, seq, projected, &ranges);
        let all = ranges.into_iter().zip(h).zip(c).zip(gates).zip(tanh_c).zip(m);
        let shares = all.map(|(((((rows, h), c), gates), tanh_c), m)| Share {
            rows,
            h,
            c,
            gates,
            tanh_c,
            m,
        });
        shares.collect::<Vec<_>>().into_par_iter().for_each(through_time);
    });

    let h = Tensor::from_buffer([seq + 1, batch, output], h);
    let c_n = Buffer::from(&c[sizes.after(last) * batch * hidden..][..batch * hidden]);
    let values = [
        h.narrow(0, sizes.after(0), seq),
        h.narrow(0, sizes.after(last), 1),
        Tensor::from_buffer([1, batch, hidden], c_n),
    ];
    let lengths = lengths.map(Vec::from);
    let saved = Saved { sizes, lengths, x, w_ih, w_hh, w_hr, h, c, gates, tanh_c, m };
    let pullback = move |[y_bar, h_n_bar, c_n_bar]: [Tensor<T>; 3], wanted| {
        let arrived = backward::Arrived { y_bar, h_n_bar, c_n_bar };
        backward::gradients(&saved, arrived, Inputs::of(wanted)).into_array()
    };
    let [output, h_n, c_n] = tape.record_many("lstm", inputs, values, pullback);
    (output, (h_n, c_n))
}

/// What a thread has of everything that the forward pass writes.
struct Share<'a, T> {
    rows: Range<usize>,
    h: Steps<'a, T>,
    c: Steps<'a, T>,
    gates: Steps<'a, T>,
    tanh_c: Steps<'a, T>,
    m: Steps<'a, T>,
}

/// Brackets for which nothing is forgotten, written or shown: i = 0, f = 1, g = 0, o = 0.
fn shut<T: Scalar>(a: &mut [T]) {
    let brackets = [T::neg_infinity(), T::infinity(), T::zero(), T::neg_infinity()];
    for (a, shut) in a.chunks_exact_mut(a.len() / 4).zip(brackets) {
        a.fill(shut);
    }
}

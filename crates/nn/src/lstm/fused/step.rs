//! One step forward and one step back, for some rows of the batch. A line that ends in a
//! name is that equation of the book, where x̄ is the gradient of the loss with respect to x.

use tensor::Scalar;
use tensor::kernel::math::{sigmoid, tanh};
use tensor::kernel::simd::{Simd, WithSimd};

// For each row of the batch. Slices as arguments of their own tell the compiler that they
// do not overlap, and cut to one length that no index is out of bounds: so it can make vector
// code of the loop.

macro_rules! cut {
    ($n:expr; $($read:ident)*; mut $($write:ident)*) => {
        let n = $n;
        $(let $read = &$read[..n];)*
        $(let $write = &mut $write[..n];)*
    };
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn forward<T: Scalar>(
    [a_i, a_f, a_g, a_o]: [&[T]; 4],
    c_prev: &[T],
    i: &mut [T],
    f: &mut [T],
    g: &mut [T],
    o: &mut [T],
    c: &mut [T],
    tanh_c: &mut [T],
    h: &mut [T],
) {
    cut!(h.len(); a_i a_f a_g a_o c_prev; mut i f g o c tanh_c h);
    for k in 0..h.len() {
        i[k] = sigmoid(a_i[k]); // (i)
        f[k] = sigmoid(a_f[k]); // (f)
        g[k] = tanh(a_g[k]); // (g)
        o[k] = sigmoid(a_o[k]); // (o)
        c[k] = f[k] * c_prev[k] + i[k] * g[k]; // (c)
        tanh_c[k] = tanh(c[k]);
        h[k] = o[k] * tanh_c[k]; // (h)
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn backward<T: Scalar>(
    [i, f, g, o]: [&[T]; 4],
    c_prev: &[T],
    tanh_c: &[T],
    y_bar: &[T],
    h_bar_later: &[T],
    c_bar_later: &mut [T],
    a_bar_i: &mut [T],
    a_bar_f: &mut [T],
    a_bar_g: &mut [T],
    a_bar_o: &mut [T],
) {
    cut!(y_bar.len(); i f g o c_prev tanh_c y_bar h_bar_later;
        mut c_bar_later a_bar_i a_bar_f a_bar_g a_bar_o);
    let one = T::one();
    for k in 0..y_bar.len() {
        let h_bar = y_bar[k] + h_bar_later[k]; // (bptt-h)
        let o_bar = h_bar * tanh_c[k]; // (bptt-o)
        let c_bar = c_bar_later[k] + h_bar * o[k] * (one - tanh_c[k] * tanh_c[k]); // (bptt-c)
        let i_bar = c_bar * g[k]; // (bptt-i)
        let f_bar = c_bar * c_prev[k]; // (bptt-f)
        let g_bar = c_bar * i[k]; // (bptt-g)
        c_bar_later[k] = c_bar * f[k]; // (bptt-c-prev)
        a_bar_i[k] = i_bar * i[k] * (one - i[k]); // (bptt-ai)
        a_bar_f[k] = f_bar * f[k] * (one - f[k]); // (bptt-af)
        a_bar_g[k] = g_bar * (one - g[k] * g[k]); // (bptt-ag)
        a_bar_o[k] = o_bar * o[k] * (one - o[k]); // (bptt-ao)
    }
}

/// From what is inside the brackets, `a`, and c_{t−1} to the gates, c_t, tanh(c_t) and h_t.
pub struct Forward<'a, T> {
    pub hidden: usize,
    /// For each row, the brackets of i, f, g and o side by side; so, too, the gates.
    pub a: &'a [T],
    pub c_prev: &'a [T],
    pub gates: &'a mut [T],
    pub c: &'a mut [T],
    pub tanh_c: &'a mut [T],
    pub h: &'a mut [T],
}

impl<T: Scalar> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Forward { hidden, a, c_prev, gates, c, tanh_c, h } = self;
        let brackets = a.chunks_exact(4 * hidden).zip(gates.chunks_exact_mut(4 * hidden));
        let states = c_prev.chunks_exact(hidden).zip(c.chunks_exact_mut(hidden));
        let outputs = tanh_c.chunks_exact_mut(hidden).zip(h.chunks_exact_mut(hidden));
        // Vectors of 8 numbers; for a last one that is not full, the last 8 once more.
        let last = if hidden.is_multiple_of(8) { hidden } else { hidden.saturating_sub(8) };
        let ranges = [0..hidden / 8 * 8, last..hidden];
        for (((a, gates), (c_prev, c)), (tanh_c, h)) in brackets.zip(states).zip(outputs) {
            let (a, [i, f, g, o]) = (four(a, hidden), four_mut(gates, hidden));
            for n in ranges.clone() {
                let a = a.map(|a| &a[n.clone()]);
                let [i, f, g, o] = [&mut *i, f, g, o].map(|gate| &mut gate[n.clone()]);
                let (c, tanh_c) = (&mut c[n.clone()], &mut tanh_c[n.clone()]);
                forward(a, &c_prev[n.clone()], i, f, g, o, c, tanh_c, &mut h[n]);
            }
        }
    }
}

/// From ȳ_t, and h̄ and c̄ as they come from the step after, to ā_t, and to c̄ as it goes to
/// the step before.
pub struct Backward<'a, T> {
    pub hidden: usize,
    /// For each row, i, f, g and o side by side; so, too, ā.
    pub gates: &'a [T],
    pub c_prev: &'a [T],
    pub tanh_c: &'a [T],
    pub y_bar: &'a [T],
    pub h_bar: &'a [T],
    pub c_bar: &'a mut [T],
    pub a_bar: &'a mut [T],
}

impl<T: Scalar> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Backward { hidden, gates, c_prev, tanh_c, y_bar, h_bar, c_bar, a_bar } = self;
        let brackets = gates.chunks_exact(4 * hidden).zip(a_bar.chunks_exact_mut(4 * hidden));
        let states = c_prev.chunks_exact(hidden).zip(tanh_c.chunks_exact(hidden));
        let later = h_bar.chunks_exact(hidden).zip(c_bar.chunks_exact_mut(hidden));
        let outputs = y_bar.chunks_exact(hidden).zip(later);
        for (((gates, a_bar), (c_prev, tanh_c)), (y_bar, (h_bar, c_bar))) in
            brackets.zip(states).zip(outputs)
        {
            let [a_i, a_f, a_g, a_o] = four_mut(a_bar, hidden);
            backward(four(gates, hidden), c_prev, tanh_c, y_bar, h_bar, c_bar, a_i, a_f, a_g, a_o);
        }
    }
}

/// A row cut into the four gates' n numbers each.
#[inline(always)]
fn four<T>(gates: &[T], n: usize) -> [&[T]; 4] {
    let (i, rest) = gates.split_at(n);
    let (f, rest) = rest.split_at(n);
    let (g, o) = rest.split_at(n);
    [i, f, g, o]
}

#[inline(always)]
fn four_mut<T>(gates: &mut [T], n: usize) -> [&mut [T]; 4] {
    let (i, rest) = gates.split_at_mut(n);
    let (f, rest) = rest.split_at_mut(n);
    let (g, o) = rest.split_at_mut(n);
    [i, f, g, o]
}

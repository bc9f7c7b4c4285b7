//! The loop over time in reverse.

use std::ops::Range;

use rayon::prelude::*;
use tensor::kernel::product::{Matrix, Packed, add_product};
use tensor::kernel::simd::Arch;
use tensor::kernel::threads::in_pool;
use tensor::{Buffer, Scalar, Tensor};

use super::shares::{self, Steps};
use super::sums::Sums;
use super::{Inputs, Saved, Sizes, in_order, outside, step};

/// The gradients of the operation's three values.
pub struct Arrived<T: Scalar> {
    /// ȳ_t for all t.
    pub y_bar: Tensor<T>,
    pub h_n_bar: Tensor<T>,
    pub c_n_bar: Tensor<T>,
}

/// Backpropagation through time. Time goes by in pieces of some steps, and the sums over
/// time are made at the end of each piece.
pub fn gradients<T: Scalar>(
    saved: &Saved<T>,
    Arrived { y_bar, h_n_bar, c_n_bar }: Arrived<T>,
    wanted: Inputs<bool>,
) -> Inputs<Option<Tensor<T>>> {
    let Saved { sizes, lengths, w_hh, w_hr, c, gates, tanh_c, .. } = saved;
    let Sizes { batch, hidden, output, proj, reverse, .. } = *sizes;
    let (projected, [first, _], threads) = (sizes.projected(), sizes.ends(), sizes.threads());
    let w_hh = Packed::new(Matrix::new(w_hh.data(), output), 4 * hidden, output);
    let w_hr = Packed::new(Matrix::new(w_hr.data(), hidden), proj, hidden);

    let times = sizes.steps_with_gradient(&y_bar, [&h_n_bar, &c_n_bar]);
    let piece = sizes.piece();
    let mut a_bar = Buffer::stale(piece * batch * 4 * hidden);
    let mut r_bar = Buffer::stale(piece * batch * proj);
    let mut h_bar = h_n_bar.reshape([batch, output]);
    let mut c_bar = c_n_bar.reshape([batch, hidden]);
    drop((h_n_bar, c_n_bar)); // Not shared any more, they are changed in place.
    let mut sums = Sums::new(saved, wanted.x);

    let back_through_time = |times: Range<usize>, mut share: Share<'_, T>| {
        let Share { rows, h_bar, c_bar, .. } = share;
        let mut m_bar = Buffer::zeros(rows.len() * projected);
        let no_later = Buffer::zeros(rows.len() * projected);
        for t in in_order(times.clone(), !reverse) {
            let a_bar = &mut *share.a_bar[t - times.start];
            let (mut y_bar, mut h_bar_later) =
                (&y_bar.data()[sizes.rows(t, &rows, output)], &*h_bar);
            if proj > 0 {
                // The hidden state is r = W_hr m, and r̄ has the two sources that h̄ has.
                let r_bar = &mut *share.r_bar[t - times.start];
                let sources = y_bar.iter().zip(h_bar_later);
                r_bar.iter_mut().zip(sources).for_each(|(r, (&y, &h))| *r = y + h);
                m_bar.fill(T::zero());
                add_product(&mut m_bar, Matrix::new(r_bar, proj), &w_hr);
                (y_bar, h_bar_later) = (&m_bar, &no_later);
            }
            Arch::new().dispatch(step::Backward {
                hidden,
                gates: &gates[sizes.rows(t, &rows, 4 * hidden)],
                c_prev: &c[sizes.rows(sizes.before(t), &rows, hidden)],
                tanh_c: &tanh_c[sizes.rows(t, &rows, hidden)],
                y_bar,
                h_bar: h_bar_later,
                c_bar,
                a_bar,
            });
            if t == first && !wanted.h_0 {
                continue; // Nobody asks for h̄_0.
            }
            // Outside its length, a sample's h̄ goes on as it is, and its ā is 0.
            let mut outside = outside(lengths.as_deref(), t, &rows).peekable();
            for (row, h_bar) in h_bar.chunks_exact_mut(output).enumerate() {
                if outside.next_if_eq(&row).is_none() {
                    h_bar.fill(T::zero());
                }
            }
            add_product(h_bar, Matrix::new(a_bar, 4 * hidden), &w_hh); // (bptt-h-prev)
        }
    };
    in_pool(threads, || {
        let ranges = shares::ranges(batch, threads);
        for times in pieces(times, piece, !reverse) {
            let a_bars = shares::cut(&mut a_bar, times.len(), 4 * hidden, &ranges);
            let r_bars = shares::cut(&mut r_bar, times.len(), proj, &ranges);
            let h_bars = shares::cut(h_bar.data_mut(), 1, output, &ranges);
            let c_bars = shares::cut(c_bar.data_mut(), 1, hidden, &ranges);
            let all = ranges.iter().zip(a_bars).zip(r_bars).zip(h_bars).zip(c_bars);
            let shares = all.map(|((((rows, a_bar), r_bar), mut h_bar), mut c_bar)| Share {
                rows: rows.clone(),
                a_bar,
                r_bar,
                h_bar: h_bar.remove(0),
                c_bar: c_bar.remove(0),
            });
            let shares: Vec<Share<'_, T>> = shares.collect();
            shares.into_par_iter().for_each(|share| back_through_time(times.clone(), share));
            sums.add(saved, times, &a_bar, &r_bar);
        }
    });
    Inputs {
        x: sums.x_bar,
        h_0: wanted.h_0.then_some(h_bar),
        c_0: Some(c_bar),
        w_ih: Some(sums.w_ih_bar),
        w_hh: Some(sums.w_hh_bar),
        b_ih: Some(sums.b_bar.clone()),
        b_hh: Some(sums.b_bar),
        w_hr: Some(sums.w_hr_bar),
    }
}

/// What a thread has of everything that the loop changes.
struct Share<'a, T> {
    rows: Range<usize>,
    a_bar: Steps<'a, T>,
    r_bar: Steps<'a, T>,
    h_bar: &'a mut [T],
    c_bar: &'a mut [T],
}

impl Sizes {
    /// The steps of a piece: enough rows for efficient products, few enough to be little
    /// beside what is saved and to stay close, and so many that at most 64 pieces are added up.
    fn piece(&self) -> usize {
        let all = self.seq * self.batch;
        let rows = (all / 20).clamp(64, 512).max(all / 64);
        (rows / self.batch.max(1)).clamp(1, self.seq)
    }

    /// The steps that the loss depends on: up to the last one whose ȳ is not zero, or all
    /// of them if the gradient of a final state is not zero.
    fn steps_with_gradient<T: Scalar>(
        &self,
        y_bar: &Tensor<T>,
        states: [&Tensor<T>; 2],
    ) -> Range<usize> {
        let is_zero = |gradient: &[T]| gradient.iter().all(|&d| d == T::zero());
        let rests =
            |t: &usize| is_zero(&y_bar.data()[self.rows(*t, &(0..self.batch), self.output)]);
        let at_rest = match states.iter().all(|state| is_zero(state.data())) {
            true => in_order(0..self.seq, !self.reverse).take_while(rests).count(),
            false => 0,
        };
        if self.reverse { at_rest..self.seq } else { 0..self.seq - at_rest }
    }
}

/// Time cut into pieces of so many steps, in the order in which they are taken.
fn pieces(times: Range<usize>, steps: usize, reverse: bool) -> impl Iterator<Item = Range<usize>> {
    in_order(0..times.len().div_ceil(steps), reverse).map(move |k| {
        let start = times.start + k * steps;
        start..times.end.min(start + steps)
    })
}

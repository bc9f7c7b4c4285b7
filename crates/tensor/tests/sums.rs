//! Sums: their rounding error does not grow with their length, and every bit of them is
//! that of a tree which depends on the length alone.

use rand::RngExt;
use tensor::kernel::reduce::{add_columns, add_rows, dot, sum};
use tensor::{Tape, Tensor, Var};

/// The sums of the columns of `rows`, each `width` numbers, of which the last may be shorter:
/// eight rows are added one after the other; more are two parts, the first of them 8 · 2ᵏ rows.
fn tree(rows: &[f32], width: usize) -> Vec<f32> {
    let mut part = 8 * width;
    if rows.len() <= part {
        let mut sums = vec![0.0; width];
        for row in rows.chunks(width) {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        return sums;
    }
    while 2 * part < rows.len() {
        part *= 2;
    }
    let (first, second) = rows.split_at(part);
    add(&tree(first, width), &tree(second, width))
}

/// A list of terms is rows of 32, whose 32 sums are added by halves.
fn tree_of_terms(terms: &[f32]) -> f32 {
    let mut sums = tree(terms, 32);
    while let (first, second @ [_, ..]) = sums.split_at(sums.len() / 2)
        && !first.is_empty()
    {
        sums = add(first, second);
    }
    sums[0]
}

fn add(xs: &[f32], ys: &[f32]) -> Vec<f32> {
    xs.iter().zip(ys).map(|(x, y)| x + y).collect()
}

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    let mut rng = rand_mt::Mt::new(seed as u32);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// The vectors of any machine compute the tree that is written above, of every length.
#[test]
fn sums_have_the_bits_of_their_tree() {
    for length in 0..5000 {
        let (xs, ys) = (numbers(length, 2 * length), numbers(length, 2 * length + 1));
        let [squares, products] =
            [&xs, &ys].map(|ys| -> Vec<f32> { xs.iter().zip(ys).map(|(x, y)| x * y).collect() });
        let expected = [&xs, &squares, &products].map(|terms| tree_of_terms(terms).to_bits());
        let found = [sum(&xs, |x| x), sum(&xs, |x| x * x), dot(&xs, &ys)].map(f32::to_bits);
        assert_eq!(found, expected, "{length} terms");
    }
}

#[test]
fn sums_of_rows_have_the_bits_of_their_tree() {
    for (count, width) in rows() {
        let rows = numbers(count * width, count);
        let mut sums = vec![0.0; width];
        add_rows(&mut sums, &rows);
        assert_eq!(sums, tree(&rows, width), "{count} rows of {width}");
    }
}

/// Some columns are summed as if there were no others.
#[test]
fn sums_of_columns_have_the_bits_of_their_tree() {
    for count in 0..=300 {
        let rows = numbers(count * 7, count);
        for (first, width) in [(0, 7), (0, 3), (2, 4), (6, 1), (5, 0)] {
            let columns: Vec<f32> =
                rows.chunks(7).flat_map(|row| &row[first..first + width]).copied().collect();
            let mut sums = vec![0.0; width];
            add_columns(&mut sums, &rows[first.min(rows.len())..], 7);
            let expected = if width == 0 { vec![] } else { tree(&columns, width) };
            assert_eq!(sums, expected, "{count} rows of 7, {width} from {first} on");
        }
    }
}

/// Neighbouring dimensions are summed as the one that they are if reshaped, and not one after
/// the other.
#[test]
fn sums_over_dimensions_side_by_side_are_one_sum() {
    let x = Tensor::new([5, 7, 11, 13], numbers(5 * 7 * 11 * 13, 1));
    let sums = |x: &Tensor<f32>, size: &[usize]| x.sum_to_size(size).data().to_vec();
    assert_eq!(sums(&x, &[]), sums(&x.reshape([5005]), &[]));
    assert_eq!(sums(&x, &[13]), sums(&x.reshape([385, 13]), &[13]));
    assert_eq!(sums(&x, &[5, 1, 1, 13]), sums(&x.reshape([5, 77, 13]), &[5, 1, 13]));
    assert_eq!(sums(&x, &[5, 7, 1, 1]), sums(&x.reshape([35, 143]), &[35, 1]));
}

/// Up to some hundred rows that are narrower than a vector, as wide, and wider.
fn rows() -> impl Iterator<Item = (usize, usize)> {
    let widths = [1, 2, 3, 16, 33, 128, 129, 260]; // more than 128 go in blocks
    (0..=300).flat_map(move |count| widths.map(|width| (count, width)))
}

const TOLERANCE: f64 = 1e-6;

/// In `f32` as in `f64`, of every length, up to a millionth of the terms' magnitudes.
#[test]
fn sums_are_exact_but_for_a_millionth() {
    for length in 0..5000 {
        let (xs, ys) = (numbers(length, 2 * length), numbers(length, 2 * length + 1));
        let exact = || xs.iter().zip(&ys).map(|(&x, &y)| (f64::from(x), f64::from(y)));
        let magnitude: f64 = exact().map(|(x, _)| x.abs()).sum();
        let error = f64::from(sum(&xs, |x| x)) - exact().map(|(x, _)| x).sum::<f64>();
        assert!(error.abs() <= TOLERANCE * magnitude, "sum of {length}: {error}");
        let magnitude: f64 = exact().map(|(x, y)| (x * y).abs()).sum();
        let error = f64::from(dot(&xs, &ys)) - exact().map(|(x, y)| x * y).sum::<f64>();
        assert!(error.abs() <= TOLERANCE * magnitude, "dot of {length}: {error}");
    }
}

/// The rows come on top of what is there.
#[test]
fn rows_are_added_exactly_but_for_a_millionth() {
    for (count, width) in rows() {
        let (start, rows) = (numbers(width, 1), numbers(count * width, count));
        let mut sums = start.clone();
        add_rows(&mut sums, &rows);
        for (column, (sum, start)) in sums.into_iter().zip(start).enumerate() {
            let terms = rows[column.min(rows.len())..].iter().step_by(width).chain([&start]);
            let (mut exact, mut magnitude) = (0.0, 0.0);
            for &term in terms {
                exact += f64::from(term);
                magnitude += f64::from(term).abs();
            }
            let error = f64::from(sum) - exact;
            assert!(error.abs() <= TOLERANCE * magnitude, "{count} rows of {width}: {error}");
        }
    }
}

/// Of many equal terms, one chain of additions loses more and more, always to the same
/// side; beyond 2²⁴ ones it does not grow at all.
#[test]
fn means_of_many_equal_numbers() {
    let mean = |count: usize, x: f32| {
        Tape::no_grad().constant(Tensor::full([count], x)).mean().value().item()
    };
    assert_eq!(mean(1 << 25, 1.0), 1.0);
    assert_near(mean(1 << 25, 0.1), 0.1);
    assert_near(mean(1_000_000, 9991.0), 9991.0);
}

/// What a training step adds up: a loss, and the gradients of what was broadcast to a
/// large batch along either dimension.
#[test]
fn a_large_batch_of_equal_errors() {
    let batch = 1_000_000;
    let tape = Tape::<f32>::new();
    let prediction = tape.constant(Tensor::full([batch, 3], 0.3));
    let bias = tape.var(Tensor::from([0.4, 0.4, 0.4]));
    let scale = tape.var(Tensor::from(1.0));
    let loss = (prediction - bias * scale).square().mean();
    assert_near(loss.value().item(), (0.3_f32 - 0.4).powi(2));
    // ∂loss/∂bias = 2/3 (bias − prediction), of each column
    let gradients = loss.backward();
    for &gradient in gradients.wrt(bias).data() {
        assert_near(gradient, 2.0 / 3.0 * (0.4 - 0.3));
    }
    let column: Var<'_, f32> = prediction.sum_to_size([batch, 1]).sum_to_size([1, 1]);
    assert_near(column.value().item(), 3.0 * 0.3 * batch as f32);
    let x = prediction.value();
    assert_near(x.dot(&x), 3.0 * 0.3 * 0.3 * batch as f32);
}

/// The same where each row is chosen out of a few, and where a probability is one of many.
#[test]
fn choosing_from_a_few_and_among_many() {
    let count = 1_000_000;
    let tape = Tape::<f32>::new();
    let table = tape.var(Tensor::from([[0.0, 0.0], [0.0, 0.0]]));
    let places: Vec<usize> = (0..count).map(|k| k % 2).collect();
    let chosen = table.index_select(0, &places);
    let gradients = chosen.vjp(Tensor::full(chosen.shape(), 0.1));
    gradients.wrt(table).data().iter().for_each(|&g| assert_near(g, 0.1 * count as f32 / 2.0));
    let scores = tape.var(Tensor::full([count], 0.3));
    let ln_p = scores.log_softmax();
    assert_near(ln_p.value().data()[0], -(count as f32).ln());
    // ∂(0.1 Σ ln p)/∂x = 0.1 − 0.1 · count / count
    let gradients = ln_p.vjp(Tensor::full([count], 0.1));
    gradients.wrt(scores).data().iter().for_each(|&g| assert!(g.abs() < 1e-6, "{g}"));
}

fn assert_near(found: f32, expected: f32) {
    approx::assert_relative_eq!(found, expected, max_relative = 1e-6);
}

//! The matrix product against its definition, in all bits.

use rayon::{ThreadPool, ThreadPoolBuilder};
use tensor::Scalar;
use tensor::kernel::product::{
    Matrix, Packed, add_product, add_product_parallel, add_product_plainly,
};

/// Every element is one chain of fused multiply-adds in order, whatever the sizes, the
/// order of reading and the number of threads: the same bits as the three loops.
#[test]
fn products_have_the_bits_of_three_loops() {
    let pools = [1, 2, 3].map(|n| ThreadPoolBuilder::new().num_threads(n).build().unwrap());
    for sizes in [
        [1, 1, 1],
        [3, 5, 7],
        [8, 20, 80],
        [9, 300, 33],
        [11, 1700, 35],
        [200, 3, 17],
        [210, 130, 90],  // work for two threads
        [230, 140, 101], // and for three
        [16, 0, 4],
        [0, 4, 4],
        [4, 4, 0],
    ] {
        check::<f32>(sizes, &pools);
        check::<f64>(sizes, &pools);
    }
}

fn check<T: Scalar>([m, k, n]: [usize; 3], pools: &[ThreadPool]) {
    let (a, b, start) = (numbers::<T>(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
    for [a_transposed, b_transposed] in [[false, false], [false, true], [true, false], [true, true]]
    {
        let (a, b) = (matrix(&a, m, k, a_transposed), matrix(&b, k, n, b_transposed));
        let mut expected = start.clone();
        add_product_plainly(&mut expected, a, b, [m, k, n]);

        let packed = Packed::new(b, k, n);
        let mut found = start.clone();
        add_product(&mut found, a, &packed);
        assert_eq!(bits(&found), bits(&expected), "{m}×{k}×{n}");
        for pool in pools {
            let mut found = start.clone();
            pool.install(|| add_product_parallel(&mut found, a, &packed));
            let threads = pool.current_num_threads();
            assert_eq!(bits(&found), bits(&expected), "{m}×{k}×{n} on {threads} threads");
        }
    }
}

/// Numbers that are not the same twice, of both signs.
fn numbers<T: Scalar>(count: usize, salt: usize) -> Vec<T> {
    let number = |i| ((i * 7919 + salt) % 1013) as f64 / 1013.0 - 0.5;
    (0..count).map(|i| T::from_f64(number(i))).collect()
}

/// A matrix, or the transpose of the one that is stored.
fn matrix<T>(data: &[T], rows: usize, columns: usize, transposed: bool) -> Matrix<'_, T> {
    if transposed { Matrix::transposed(data, rows) } else { Matrix::new(data, columns) }
}

/// As an f64 has every bit of an f32.
fn bits<T: Scalar>(xs: &[T]) -> Vec<u64> {
    xs.iter().map(|x| x.as_f64().to_bits()).collect()
}

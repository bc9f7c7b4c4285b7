//! The matrix product against its definition, in all bits.

use std::ptr;

use rand::RngExt;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tensor::kernel::product::{
    Matrix, Packed, add_product, add_product_parallel, add_product_plainly, add_products,
};
use tensor::{Parameter, Scalar, Tape, Tensor};

/// Every element is the same chains of fused multiply-adds in order, in the same tree,
/// whatever the sizes, the order of reading and the number of threads: the same bits as the
/// three loops.
#[test]
fn products_have_the_bits_of_three_loops() {
    let pools = [1, 2, 3].map(|n| ThreadPoolBuilder::new().num_threads(n).build().unwrap());
    for sizes in [
        [1, 1, 1],
        [3, 5, 7],
        [8, 20, 80],
        [9, 300, 33],
        [9, 256, 17], // one chain, and two
        [9, 257, 17],
        [3, 1024, 40], // one block, and two
        [3, 1025, 40],
        [11, 1700, 35],
        [50, 5300, 3],
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
        // Beside others with the same A.
        let (mut found, mut beside) = (start.clone(), vec![T::zero(); m]);
        let (nothing, column) = (Packed::new(b, k, 0), Packed::new(b, k, 1.min(n)));
        let beside = &mut beside[..m * 1.min(n)];
        add_products(&mut [(&mut [], &nothing), (beside, &column), (&mut found, &packed)], a);
        assert_eq!(bits(&found), bits(&expected), "{m}×{k}×{n} beside others");
        // These others are the first columns of a wider matrix, which are all of what they need.
        for columns in [1, 2, 3, 5, 7].map(|columns| columns.min(n)) {
            let (mut found, mut expected) =
                (vec![T::zero(); m * columns], vec![T::zero(); m * columns]);
            add_product_plainly(&mut expected, a, b, [m, k, columns]);
            add_product(&mut found, a, &Packed::new(b, k, columns));
            assert_eq!(bits(&found), bits(&expected), "{m}×{k}×{columns} of {n}");
        }
        for pool in pools {
            let mut found = start.clone();
            pool.install(|| add_product_parallel(&mut found, a, &packed));
            let threads = pool.current_num_threads();
            assert_eq!(bits(&found), bits(&expected), "{m}×{k}×{n} on {threads} threads");
        }
    }
}

/// The error of a product does not grow with its depth, be the terms equal or random.
#[test]
fn deep_products_keep_their_digits() {
    let (m, k, n) = (2, 1_000_000, 3);
    let equal = |_| 0.1_f32;
    let random = {
        let mut rng = rand_mt::Mt::new(1);
        let xs: Vec<f32> = (0..m * k + k * n).map(|_| rng.random_range(-1.0..1.0)).collect();
        move |i: usize| xs[i]
    };
    let numbers: [(&dyn Fn(usize) -> f32, f64); 2] = [(&equal, 4e-6), (&random, 5e-7)];
    for (x, tolerance) in numbers {
        let a: Vec<f32> = (0..m * k).map(x).collect();
        let b: Vec<f32> = (m * k..m * k + k * n).map(x).collect();
        let mut c = vec![0.0; m * n];
        add_product(&mut c, Matrix::new(&a, k), &Packed::new(Matrix::new(&b, n), k, n));
        for (ij, c) in c.into_iter().enumerate() {
            let terms = (0..k).map(|p| f64::from(a[ij / n * k + p]) * f64::from(b[p * n + ij % n]));
            let (exact, magnitude) = terms.fold((0.0, 0.0), |(s, m), x| (s + x, m + x.abs()));
            let error = (f64::from(c) - exact).abs() / magnitude;
            assert!(error <= tolerance, "{error}");
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

/// A parameter's packed form is kept beside its value for as long as the value stands, if it was
/// made for few rows; for many, what is there is used, and nothing is kept.
#[test]
fn a_weight_is_packed_once() {
    let mut weight = Parameter::new(Tensor::from([[1.0, 2.0]]));
    let times = |packed: &Packed<f64>| {
        let mut y = [0.0];
        add_product(&mut y, Matrix::new(&[3.0, 4.0], 2), packed);
        y[0]
    };
    {
        let tape = Tape::new();
        let packed = |rows| tape.watch(&weight).packed_weight(rows);
        let (many, again) = (packed(10_000), packed(10_000));
        assert!(!ptr::eq(&*many, &*again));
        let few = packed(1);
        for rows in [1, 10_000] {
            assert!(ptr::eq(&*few, &*packed(rows)), "for {rows} rows");
        }
        // Another tape, another pass.
        assert!(ptr::eq(&*few, &*Tape::new().watch(&weight).packed_weight(1)));
        assert_eq!([times(&many), times(&few)], [11.0; 2]);
    }
    weight.value_mut().data_mut()[0] = 5.0;
    assert_eq!(times(&Tape::new().watch(&weight).packed_weight(1)), 23.0);
}

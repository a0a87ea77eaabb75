//! SHA-3 with output of any length: SHAKE128 and SHAKE256; and the module `_sha3`.

use super::fixed::{
    Sha3x224, Sha3x256, Sha3x384, Sha3x512, new_sha3_224, new_sha3_256, new_sha3_384, new_sha3_512,
};
use super::{data_of, hex, initial};
use digest::{ExtendableOutput, Update, XofReader};
use typhon_vm::native::*;
use typhon_vm::objects::{bytes, object};

macro_rules! shake_type {
    ($t:ident, $pyname:literal, $algorithm:ty, $block:literal, $new:ident) => {
        #[pytype(name = $pyname, module = "_sha3", no_new)]
        pub struct $t {
            pub head: Header,
            state: Guarded<$algorithm>,
        }

        pub fn $new(cx: &mut Cx, data: Option<&Value>, string: Option<&Value>) -> Res<Value> {
            let data = initial(cx, data, string)?;
            let mut state = <$algorithm>::default();
            state.update(&data);
            let cls = $t::type_cell().get(cx)?;
            object::alloc(
                cx,
                cls,
                $t {
                    head: Header::placeholder(),
                    state: Guarded::new(state),
                },
            )
        }

        impl $t {
            fn output(&self, cx: &mut Cx, length: isize) -> Res<Vec<u8>> {
                if length < 0 {
                    return Err(cx.value_error("value must be positive"));
                }
                if length >= 1 << 29 {
                    return Err(cx.value_error("length is too large"));
                }
                let mut out = bytes::zeros(cx, length as usize)?;
                let state = self.state.lock(&self.head, &mut cx.thread).clone();
                state.finalize_xof().read(&mut out);
                Ok(out)
            }
        }

        #[pymethods]
        impl $t {
            /// Update this hash object's state with the provided bytes-like object.
            fn update(&self, obj: &Value, cx: &mut Cx) -> Res<()> {
                let data = data_of(cx, obj)?;
                self.state.lock(&self.head, &mut cx.thread).update(&data);
                Ok(())
            }
            /// Return the digest value as a bytes object.
            #[sig(length)]
            fn digest(&self, length: isize, cx: &mut Cx) -> Res<Value> {
                let d = self.output(cx, length)?;
                bytes::new_bytes_vec(cx, d)
            }
            /// Return the digest value as a string of hexadecimal digits.
            #[sig(length)]
            fn hexdigest(&self, length: isize, cx: &mut Cx) -> Res<String> {
                Ok(hex(&self.output(cx, length)?))
            }
            /// Return a copy of the hash object.
            fn copy(&self, cx: &mut Cx) -> Res<Value> {
                let state = self.state.lock(&self.head, &mut cx.thread).clone();
                let cls = $t::type_cell().get(cx)?;
                object::alloc(
                    cx,
                    cls,
                    $t {
                        head: Header::placeholder(),
                        state: Guarded::new(state),
                    },
                )
            }
            #[getter]
            fn name(&self) -> &'static str {
                $pyname
            }
            #[getter]
            fn digest_size(&self) -> usize {
                0
            }
            #[getter]
            fn block_size(&self) -> usize {
                $block
            }
        }
    };
}

shake_type!(Shake128, "shake_128", sha3::Shake128, 168, new_shake_128);
shake_type!(Shake256, "shake_256", sha3::Shake256, 136, new_shake_256);

#[pymodule(name = "_sha3", types())]
pub mod module {
    use super::*;

    #[pyattr]
    const implementation: &str = "RustCrypto sha3";

    #[pyinit]
    fn init(module: &Value, cx: &mut Cx) -> Res<()> {
        // The types are reached through their constructors only.
        let _ = module;
        for cell in [
            Sha3x224::type_cell(),
            Sha3x256::type_cell(),
            Sha3x384::type_cell(),
            Sha3x512::type_cell(),
            Shake128::type_cell(),
            Shake256::type_cell(),
        ] {
            cell.get(cx)?;
        }
        Ok(())
    }
    /// Return a new SHA3 hash object.
    #[pyfunction]
    #[sig(data = absent => "b''", *, usedforsecurity = True, string = None)]
    fn sha3_224(
        data: Option<&Value>,
        usedforsecurity: bool,
        string: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let _ = usedforsecurity;
        new_sha3_224(cx, data, string)
    }
    /// Return a new SHA3 hash object.
    #[pyfunction]
    #[sig(data = absent => "b''", *, usedforsecurity = True, string = None)]
    fn sha3_256(
        data: Option<&Value>,
        usedforsecurity: bool,
        string: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let _ = usedforsecurity;
        new_sha3_256(cx, data, string)
    }
    /// Return a new SHA3 hash object.
    #[pyfunction]
    #[sig(data = absent => "b''", *, usedforsecurity = True, string = None)]
    fn sha3_384(
        data: Option<&Value>,
        usedforsecurity: bool,
        string: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let _ = usedforsecurity;
        new_sha3_384(cx, data, string)
    }
    /// Return a new SHA3 hash object.
    #[pyfunction]
    #[sig(data = absent => "b''", *, usedforsecurity = True, string = None)]
    fn sha3_512(
        data: Option<&Value>,
        usedforsecurity: bool,
        string: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let _ = usedforsecurity;
        new_sha3_512(cx, data, string)
    }
    /// Return a new SHAKE hash object.
    #[pyfunction]
    #[sig(data = absent => "b''", *, usedforsecurity = True, string = None)]
    fn shake_128(
        data: Option<&Value>,
        usedforsecurity: bool,
        string: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let _ = usedforsecurity;
        new_shake_128(cx, data, string)
    }
    /// Return a new SHAKE hash object.
    #[pyfunction]
    #[sig(data = absent => "b''", *, usedforsecurity = True, string = None)]
    fn shake_256(
        data: Option<&Value>,
        usedforsecurity: bool,
        string: Option<&Value>,
        cx: &mut Cx,
    ) -> Res<Value> {
        let _ = usedforsecurity;
        new_shake_256(cx, data, string)
    }
}

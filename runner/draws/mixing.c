/* The mixer's innermost loops, compiled: the same bits as runner/draws/passes.py, several times
 * quicker. Whole numbers only, then one exact conversion: no compiler or processor can change a bit.
 *
 * Arrays come by the buffer protocol, as contiguous 64-bit words and doubles.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* Where the compiler can, the loops are compiled for several processors and chosen while loading. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && __GNUC__ >= 12
#define FOR_EACH_PROCESSOR __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FOR_EACH_PROCESSOR
#endif

#define ENTITY 0x9E3779B97F4A7C15ULL
#define STEP 0x6A09E667F3BCC909ULL
#define REPLICATE 0xBB67AE8584CAA73BULL

static inline uint64_t finalised(uint64_t word) {
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9ULL;
    word = (word ^ word >> 27) * 0x94D049BB133111EBULL;
    return word ^ word >> 31;
}

static inline double uniform(uint64_t weyl, uint64_t between) {
    return (double)(int64_t)(finalised(finalised(weyl) ^ between) >> 11) * 0x1p-53;
}

FOR_EACH_PROCESSOR
static void listed_entities(uint64_t first, uint64_t second, const uint64_t *entities, double *out,
                            Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++)
        out[i] = uniform(first + entities[i] * ENTITY, second);
}

FOR_EACH_PROCESSOR
static void entities_from(uint64_t first, uint64_t second, uint64_t start, double *out,
                          Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++)
        out[i] = uniform(first + (start + (uint64_t)i) * ENTITY, second);
}

FOR_EACH_PROCESSOR
static void pairs_of_words(const uint64_t *state, const uint64_t *between, double *out,
                           Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++)
        out[i] = uniform(state[i], between[i]);
}

typedef struct {
    Py_buffer view;
    Py_ssize_t size; /* in words */
    int is_held;
} Words;

static int hold(PyObject *object, int flags, Words *words) {
    if (PyObject_GetBuffer(object, &words->view, PyBUF_C_CONTIGUOUS | flags) < 0)
        return 0;
    words->is_held = 1;
    words->size = words->view.len / 8;
    if (words->view.itemsize == 8)
        return 1;
    PyErr_SetString(PyExc_ValueError, "words of 64 bits are needed");
    return 0;
}

/* Let go of all arrays and return None, or NULL when there is an error. */
static PyObject *finish(Words *words, int count) {
    for (int i = 0; i < count; i++)
        if (words[i].is_held)
            PyBuffer_Release(&words[i].view);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* Let other threads run during long loops; for short ones, getting the lock back costs more. */
static PyThreadState *begin_loop(Py_ssize_t count) {
    return count >= 65536 ? PyEval_SaveThread() : NULL;
}

static void end_loop(PyThreadState *state) {
    if (state)
        PyEval_RestoreThread(state);
}

static void check_sizes(int fit) {
    if (!fit)
        PyErr_SetString(PyExc_ValueError, "the sizes of the arrays do not fit");
}

static PyObject *fill_rows(PyObject *module, PyObject *args) {
    PyObject *given[4], *entities; /* out, keys, replicates, steps */
    Words words[5] = {0};
    if (!PyArg_ParseTuple(args, "OOOOO:fill_rows", &given[1], &given[2], &given[3], &entities,
                          &given[0]))
        return NULL;
    for (int i = 0; i < 4; i++)
        if (!hold(given[i], i == 0 ? PyBUF_WRITABLE : 0, &words[i]))
            return finish(words, 5);
    if (words[0].view.ndim != 2) {
        PyErr_SetString(PyExc_ValueError, "out must be a matrix");
        return finish(words, 5);
    }
    Py_ssize_t rows = words[0].view.shape[0], count = words[0].view.shape[1];
    uint64_t start = 0;
    int is_span = PyLong_Check(entities);
    if (is_span)
        start = PyLong_AsUnsignedLongLong(entities);
    else if (hold(entities, 0, &words[4]))
        check_sizes(words[4].size == count);
    check_sizes((words[1].size == 2 || words[1].size == 2 * rows) &&
                (words[2].size == 1 || words[2].size == rows) &&
                (words[3].size == 1 || words[3].size == rows));
    if (PyErr_Occurred())
        return finish(words, 5);
    double *out = words[0].view.buf;
    const uint64_t *keys = words[1].view.buf, *replicates = words[2].view.buf;
    const uint64_t *steps = words[3].view.buf;
    Py_ssize_t n_keys = words[1].size / 2;
    PyThreadState *state = begin_loop(rows * count);
    for (Py_ssize_t i = 0; i < rows; i++) {
        uint64_t replicate = replicates[words[2].size == 1 ? 0 : i] + 1;
        uint64_t step = steps[words[3].size == 1 ? 0 : i] + 1;
        const uint64_t *key = keys + (n_keys == 1 ? 0 : i);
        uint64_t first = finalised(finalised(step * STEP + key[0]) + replicate * REPLICATE);
        uint64_t second = finalised(finalised(replicate * STEP + key[n_keys]) + step * REPLICATE);
        if (is_span)
            entities_from(first, second, start, out + i * count, count);
        else
            listed_entities(first, second, words[4].view.buf, out + i * count, count);
    }
    end_loop(state);
    return finish(words, 5);
}

static PyObject *fill_each(PyObject *module, PyObject *args) {
    PyObject *given[3]; /* state, between, out */
    Words words[3] = {0};
    if (!PyArg_ParseTuple(args, "OOO:fill_each", &given[0], &given[1], &given[2]))
        return NULL;
    for (int i = 0; i < 3; i++)
        if (!hold(given[i], i == 2 ? PyBUF_WRITABLE : 0, &words[i]))
            return finish(words, 3);
    Py_ssize_t count = words[2].size;
    check_sizes(words[0].size == count && words[1].size == count);
    if (!PyErr_Occurred()) {
        PyThreadState *state = begin_loop(count);
        pairs_of_words(words[0].view.buf, words[1].view.buf, words[2].view.buf, count);
        end_loop(state);
    }
    return finish(words, 3);
}

static PyMethodDef METHODS[] = {
    {"fill_rows", fill_rows, METH_VARARGS, "Write the uniforms of rows to out (n, m)."},
    {"fill_each", fill_each, METH_VARARGS, "Write the uniforms of pairs of words to out (n,)."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "runner.draws.mixing", "The mixer's innermost loops, compiled.", 0,
    METHODS,
};

PyMODINIT_FUNC PyInit_mixing(void) { return PyModuleDef_Init(&MODULE); }

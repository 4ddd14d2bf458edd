#include <Python.h>

static PyObject *add(PyObject *self, PyObject *args) {
    long one, other;
    if (!PyArg_ParseTuple(args, "ll", &one, &other)) return NULL;
    return PyLong_FromLong(one + other);
}

static PyMethodDef methods[] = {{"add", add, METH_VARARGS, "The sum."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "adding", NULL, -1, methods};

PyMODINIT_FUNC PyInit_adding(void) { return PyModule_Create(&module); }

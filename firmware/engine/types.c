/* SPDX-License-Identifier: MIT
 * Tensor types: their names, and which of them an operator takes. */
#include "model.h"

/* What is said of a type that is not built in; a build for few types tells how to add it. */
#ifndef TE_NO_KERNELS
#define TE_NO_KERNELS "%t is not built in"
#endif

static const struct {
    char letter, name[9];
} types_known[] = {
    [TE_INT8] = {'b', "int8"}, [TE_FLOAT32] = {'f', "float32"}, [TE_INT32] = {'i', "int32"}, [TE_INT16] = {'h', "int16"},
    [TE_UINT8] = {'B', "uint8"}, [TE_INT64] = {'q', "int64"}, [TE_BOOL] = {'?', "bool"}, [TE_INT4] = {'n', "int4"},
    [TE_UINT32] = {'I', "uint32"}, [TE_UINT64] = {'Q', "uint64"}, [TE_RESOURCE] = {'r', "variable"},
};

char te_type_letter(int type) {
    return type >= 0 && type < (int)(sizeof(types_known) / sizeof(types_known[0])) ? types_known[type].letter : 0;
}

const char *te_type_name(int type) {
    return te_type_letter(type) ? types_known[type].name : NULL;
}

/* Inputs and outputs, one after the other: the type in a slot, -1 if there is no tensor in it. */
static int types_slot(te_op_t *op, uint32_t slot) {
    bool in = slot < op->inputs.n;
    int32_t tensor = te_graph_index(op->graph, in ? op->inputs : op->outputs, in ? slot : slot - op->inputs.n);
    return !te_graph_exists(op->graph, tensor) ? -1 : te_graph_type(op->graph, tensor);
}

/* Whether a type suits the letter or set at *s, which is left behind unless it is the last one. The first set that
 * suits decides what = stands for. */
static bool types_suit(const char **s, int type, char *chosen) {
    const char *p = *s;
    char letter = type < 0 ? '-' : te_type_letter(type);
    if (*p == ':' || *p == ' ' || *p == 0 || letter == 0) {  /* no tensor at all belongs here, or it is of no type */
        return false;
    }
    bool suits = type < 0 || *p == letter || (*p == '=' && letter == *chosen) || (*p == '.' && letter != 'n');
    bool set = *p == '[' || *p == '.';
    if (*p == '[') {
        for (p++; *p != ']'; p++) {
            suits |= *p == letter;
        }
    }
    if (set && *chosen == 0) {
        *chosen = letter;
    }
    *s = p[1] == ':' || p[1] == ' ' || p[1] == 0 ? *s : p + 1;
    return suits;
}

/* How many slots suit a signature, up to the first that does not. */
static uint32_t types_match(te_op_t *op, const char *signature) {
    char chosen = 0;
    uint32_t slot = 0;
    for (; slot < op->inputs.n + op->outputs.n; slot++) {
        if (slot == op->inputs.n) {
            while (*signature++ != ':') {
            }
        }
        if (!types_suit(&signature, types_slot(op, slot), &chosen)) {
            break;
        }
    }
    return slot;
}

/* The letters of all slots, as in a signature, in one number; 0 if they do not fit in, or a type is unknown. */
static uint64_t types_letters(te_op_t *op) {
    uint64_t letters = 0;
    if (op->inputs.n + op->outputs.n > 7) {
        return 0;
    }
    for (uint32_t slot = 0; slot < op->inputs.n + op->outputs.n; slot++) {
        int type = types_slot(op, slot);
        char letter = type < 0 ? '-' : te_type_letter(type);
        if (letter == 0) {
            return 0;
        }
        letters = (slot == op->inputs.n ? letters << 8 | ':' : letters) << 8 | (uint8_t)letter;
    }
    return letters;
}

/* An operator computes in the types of its first input and first output, and in int4. */
static int types_built(te_op_t *op) {
    for (uint32_t slot = 0; slot < op->inputs.n + op->outputs.n; slot++) {
        int type = types_slot(op, slot);
        if (type >= 0 && !te_has(type) && (slot == 0 || slot == op->inputs.n || type == TE_INT4)) {
            return te_fail(op->graph, TE_ERR_UNSUPPORTED, TE_NO_KERNELS, type);
        }
    }
    return TE_OK;
}

static int types_prove(te_op_t *op, const char *signatures) {
    uint32_t n = op->inputs.n, best = 0;
    bool parted = *signatures == '*';
    signatures += parted;
    for (const char *s = signatures; best < n + op->outputs.n; s++) {
        uint32_t suit = types_match(op, s);
        best = suit > best ? suit : best;
        while (*s && *s != ' ') {
            s++;
        }
        if (*s == 0) {
            break;
        }
    }
    if (best == n + op->outputs.n) {
        return parted ? types_built(op) : TE_OK;
    }
    int32_t value = (int32_t)(best < n ? best : best - n) << 8 | types_slot(op, best);
    return te_fail(op->graph, TE_ERR_UNSUPPORTED, best < n ? "its input %d cannot be %t" : "its output %d cannot be %t", value);
}

int te_types(te_op_t *op, const char *signatures) {
    uint64_t letters = types_letters(op);
    if (letters == 0 || letters != op->kind->types) {
        TE_TRY(types_prove(op, signatures));
        op->kind->types = letters;
    }
    return TE_OK;
}

/* SPDX-License-Identifier: MIT
 * A program for this PC: generate MODEL.tflite prints what compiled.h wants, but for the bytes of the file.
 *
 * The engine proves, prepares and plans the model as it would on a board; what it leaves in the state has no pointers
 * but those at its head, and is of one layout on all machines (engine.c compares the sizes). It is built with the
 * kernels' sizes of the board's core: -DTE_KERNELS. */
#include "engine/ops/kernels.h"
#include "engine/ops/table.c"  /* for the list of rows */

#include <stdio.h>
#include <stdlib.h>

#define GENERATE_WIDTH 32  /* bytes or words a line */

#define GENERATE_NAME(name) #name,
static const char *const generate_rows[] = {TE_OPERATORS(GENERATE_NAME)};

static void *generate_read(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    *len = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(*len + 1);
    if (fread(data, 1, *len, f) != *len) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return data;
}

static void generate_check(int code, const te_error_t *why) {
    char text[256];
    if (code != TE_OK) {
        fprintf(stderr, "%s\n", te_describe(why, text, sizeof(text)));
        exit(2);
    }
}

static te_model_t *generate_open(const uint8_t *file, size_t len, te_sizes_t *need) {
    te_error_t why;
    te_model_t *m;
    void *state = NULL, *arena;
    size_t room = 0;
    int code;
    while ((code = te_measure(file, len, state, room, need, &why)) == TE_ERR_MEMORY) {
        free(state);
        state = calloc(1, room = why.needed);
    }
    generate_check(code, &why);
    if (posix_memalign(&arena, TE_ARENA_ALIGN, need->arena) != 0) {
        exit(2);
    }
    generate_check(te_open(&m, state, need->state, arena, need->arena, &why), &why);
    return m;
}

/* An array of bytes; of one 0 if there are none. */
static void generate_bytes(const char *name, const uint8_t *data, size_t n) {
    printf("static const uint8_t %s[] = {", name);
    for (size_t k = 0; k < n || k == 0; k++) {
        printf("%s%d,", k % GENERATE_WIDTH == 0 ? "\n    " : "", n ? data[k] : 0);
    }
    printf("\n};\n");
}

static void generate_words(const te_place_t *where, size_t n) {
    printf("static const te_place_t compiled_where[] = {");
    for (size_t k = 0; k < n; k++) {
        printf("%s0x%x,", k % GENERATE_WIDTH == 0 ? "\n    " : "", (unsigned)where[k]);
    }
    printf("\n};\n");
}

static void generate_params(const te_model_t *m, int i) {
    const te_step_t *step = &te_model_steps(m)[i];
    const uint64_t *words = te_model_params(m, step);
    uint32_t n = te_params_size(te_row(step->row), 0) / 8;
    printf("static const uint64_t compiled_params_%d[] = {", i);
    for (uint32_t k = 0; k < n; k++) {
        printf("0x%llx,", (unsigned long long)words[k]);
    }
    printf("%s};\n", n ? "" : "0");
}

/* COMPILED_OPS, and the names: each once. */
static void generate_ops(const te_model_t *m) {
    const te_step_t *steps = te_model_steps(m);
    uint8_t *name_of = calloc(m->n_ops, 1);
    int names = 0;
    printf("#define COMPILED_OPS(X)");
    for (int i = 0; i < m->n_ops; i++) {
        printf(" X(%d, %s)", i, generate_rows[steps[i].row]);
    }
    printf("\n#define COMPILED_NAMES \"\"");
    for (int i = 0, k; i < m->n_ops; i++) {
        for (k = 0; steps[k].row != steps[i].row; k++) {
        }
        if (k == i) {
            printf(" \"%s\\0\"", te_row(steps[i].row)->name);
        }
        name_of[i] = (uint8_t)(k == i ? names++ : name_of[k]);
    }
    printf("\n");
    generate_bytes("compiled_name_of", name_of, m->n_ops);
}

/* Hexadecimal, so that not a bit is lost. */
static void generate_end(const te_tensor_t *t, te_ref_t ref, uint32_t name) {
    printf("    {%u, %u, {", (unsigned)ref, (unsigned)t->nbytes);
    for (int k = 0; k < TE_MAX_RANK; k++) {
        printf("%d,", (int)t->shape[k]);
    }
    printf("}, %af, %d, %u, %u, %d, %d},\n", (double)t->scale, (int)t->zero_point, (unsigned)name, (unsigned)t->name_len,
        t->type, t->rank);
}

static void generate_ends(const te_model_t *m) {
    te_graph_t g;
    te_error_t why;
    te_tensor_t t;
    uint8_t names[UINT16_MAX];
    uint32_t at = 0;
    generate_check(te_graph_open(&g, m->file, m->file_len, &why), &why);
    printf("static const compiled_end_t compiled_ends[] = {\n");
    for (int i = 0; i < m->n_inputs + m->n_outputs; i++) {
        bool input = i < m->n_inputs;
        int k = input ? i : i - m->n_inputs;
        input ? te_input(m, k, &t) : te_output(m, k, &t);
        t.name_len = t.name_len < sizeof(names) - at ? t.name_len : 0;
        memcpy(names + at, t.name, t.name_len);
        generate_end(&t, (te_ref_t)te_graph_index(&g, input ? g.part.inputs : g.part.outputs, (uint32_t)k), at);
        at += t.name_len;
    }
    printf("};\n");
    generate_bytes("compiled_names", names, at);
}

int main(int argc, char **argv) {
    te_sizes_t need;
    size_t len;
    const uint8_t *file = argc == 2 ? generate_read(argv[1], &len) : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: generate MODEL.tflite\n");
        return 2;
    }
    const te_model_t *m = generate_open(file, len, &need);
    printf("#define COMPILED_KERNELS %d\n", TE_KERNELS);
    printf("#define COMPILED_ARENA %u\n", (unsigned)need.arena);
    printf("#define COMPILED_MACS UINT64_C(%llu)\n", (unsigned long long)te_macs(m));
    printf("#define COMPILED_INPUTS %d\n#define COMPILED_OUTPUTS %d\n", m->n_inputs, m->n_outputs);
    generate_ops(m);
    for (int i = 0; i < m->n_ops; i++) {
        generate_params(m, i);
    }
    generate_words(te_model_where(m), (m->kept - m->where) / sizeof(te_place_t));
    printf("#define COMPILED_NOTHING_KEPT %d\n", m->kept == need.state);
    generate_bytes("compiled_kept", (const uint8_t *)m + m->kept, need.state - m->kept);
    generate_ends(m);
    return 0;
}

/* Run a TestU01 battery on the addressed mixer, in one of several orderings of its addresses.
 *
 *   battery ORDERING OUTPUT BATTERY [N]   e.g.  battery step high SmallCrush; N other streams
 *   battery known                         known answers, compared with Python by known_answers.py
 *
 * The generator is written here a second time, from its description in runner/draws/mixer.py.
 * OUTPUT says which 32 of the 53 bits the battery sees; TestU01 looks hardest at leading bits, so
 * the low ones are also offered in reverse.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <testu01/bbattery.h>
#include <testu01/swrite.h>
#include <testu01/unif01.h>

#define ENTITY 0x9E3779B97F4A7C15ULL
#define STEP 0x6A09E667F3BCC909ULL
#define REPLICATE 0xBB67AE8584CAA73BULL

typedef struct { uint64_t a, b; } Pair; /* a key, or the two words of a row */

/* ---- blake2b, 16-byte digest, one block of input (RFC 7693) ---- */

static const uint64_t IV[8] = {
    0x6A09E667F3BCC908ULL, 0xBB67AE8584CAA73BULL, 0x3C6EF372FE94F82BULL, 0xA54FF53A5F1D36F1ULL,
    0x510E527FADE682D1ULL, 0x9B05688C2B3E6C1FULL, 0x1F83D9ABFB41BD6BULL, 0x5BE0CD19137E2179ULL};
static const uint8_t SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static uint64_t rotated(uint64_t x, int n) { return x >> n | x << (64 - n); }

static void quarter(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y) {
    v[a] += v[b] + x, v[d] = rotated(v[d] ^ v[a], 32);
    v[c] += v[d], v[b] = rotated(v[b] ^ v[c], 24);
    v[a] += v[b] + y, v[d] = rotated(v[d] ^ v[a], 16);
    v[c] += v[d], v[b] = rotated(v[b] ^ v[c], 63);
}

static Pair blake2b_16(const char *text, size_t length) {
    uint64_t m[16] = {0}, v[16];
    memcpy(m, text, length);
    for (int i = 0; i < 8; i++) v[i] = v[i + 8] = IV[i];
    v[0] ^= 0x01010010ULL; /* digest length 16, no key, fan-out and depth 1 */
    uint64_t head[2] = {v[0], v[1]};
    v[12] ^= length, v[14] = ~v[14];
    for (int round = 0; round < 12; round++) {
        const uint8_t *s = SIGMA[round % 10];
        quarter(v, 0, 4, 8, 12, m[s[0]], m[s[1]]), quarter(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
        quarter(v, 2, 6, 10, 14, m[s[4]], m[s[5]]), quarter(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
        quarter(v, 0, 5, 10, 15, m[s[8]], m[s[9]]), quarter(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
        quarter(v, 2, 7, 8, 13, m[s[12]], m[s[13]]), quarter(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    return (Pair){head[0] ^ v[0] ^ v[8], head[1] ^ v[1] ^ v[9]};
}

/* The key of engine stream "s<number>" under seed 2026, common random numbers. */
static Pair stream_key(uint64_t number) {
    static const char head[] = "[\"cohortsweep-draws-1\",\"2026\",\"engine\",\"s", tail[] = "\",\"\"]";
    char text[128], digits[24];
    size_t length = sizeof head - 1, count = 0;
    memcpy(text, head, length);
    do digits[count++] = (char)('0' + number % 10); while (number /= 10);
    while (count) text[length++] = digits[--count];
    memcpy(text + length, tail, sizeof tail - 1);
    return blake2b_16(text, length + sizeof tail - 1);
}

/* ---- the mixer ---- */

static inline uint64_t finalised(uint64_t z) {
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

static inline uint64_t absorbed(uint64_t word, uint64_t a, uint64_t b) {
    return finalised(finalised((a + 1) * STEP + word) + (b + 1) * REPLICATE);
}

static inline Pair row_words(Pair key, uint64_t replicate, uint64_t step) {
    return (Pair){absorbed(key.a, step, replicate), absorbed(key.b, replicate, step)};
}

static inline uint64_t in_row(Pair row, uint64_t entity) {
    return finalised(finalised(row.a + entity * ENTITY) ^ row.b) >> 11;
}

static inline uint64_t draw(Pair key, uint64_t replicate, uint64_t step, uint64_t entity) {
    return in_row(row_words(key, replicate, step), entity);
}

/* ---- orderings: the 53 bits of the n-th call ---- */

static Pair key, row, rows[2], held;
static uint64_t calls, first_stream;

static uint64_t reversed64(uint64_t x) {
    x = (x & 0x5555555555555555ULL) << 1 | (x >> 1 & 0x5555555555555555ULL);
    x = (x & 0x3333333333333333ULL) << 2 | (x >> 2 & 0x3333333333333333ULL);
    x = (x & 0x0F0F0F0F0F0F0F0FULL) << 4 | (x >> 4 & 0x0F0F0F0F0F0F0F0FULL);
    return __builtin_bswap64(x);
}

static uint64_t by_entity(uint64_t n) { return in_row(row, n); }
static uint64_t by_last_entities(uint64_t n) { return in_row(row, ~n); }
static uint64_t by_sparse_entity(uint64_t n) { return in_row(row, n << 32 | n >> 32); }
static uint64_t by_reversed_entity(uint64_t n) { return in_row(row, reversed64(n)); }
static uint64_t by_gray_entity(uint64_t n) { return in_row(row, n ^ n >> 1); }
static uint64_t by_step(uint64_t n) { return draw(key, 3, n, 4711); }
static uint64_t by_replicate(uint64_t n) { return draw(key, n, 12, 4711); }
static uint64_t by_diagonal(uint64_t n) { return draw(key, n, n, n); }

/* steps outside, ten entities inside */
static uint64_t by_step_of_ten(uint64_t n) {
    if (n % 10 == 0) held = row_words(key, 0, n / 10);
    return in_row(held, n % 10);
}

/* replicates outside, 18 steps inside, one entity: a monthly variable of a small study */
static uint64_t by_replicate_of_18(uint64_t n) { return draw(key, n / 18, n % 18, 0); }

/* entities outside, 16 steps inside: how one person's life reads */
static uint64_t by_life_of_16(uint64_t n) { return draw(key, 0, n % 16, n / 16); }

static uint64_t by_stream(uint64_t n) { return draw(stream_key(first_stream + n), 0, 0, 0); }

/* streams outside, 64 entities inside */
static uint64_t by_stream_of_64(uint64_t n) {
    if (n % 64 == 0) held = row_words(stream_key(first_stream + n / 64), 0, 0);
    return in_row(held, n % 64);
}

/* two streams in turn at the same addresses */
static uint64_t by_two_streams(uint64_t n) { return in_row(rows[n & 1], n >> 1); }

typedef struct { const char *name; uint64_t (*at)(uint64_t); } Ordering;
static const Ordering ORDERINGS[] = {
    {"entity", by_entity}, {"last_entities", by_last_entities},
    {"sparse_entity", by_sparse_entity}, {"reversed_entity", by_reversed_entity},
    {"gray_entity", by_gray_entity}, {"step", by_step}, {"replicate", by_replicate},
    {"diagonal", by_diagonal}, {"step_of_ten", by_step_of_ten},
    {"replicate_of_18", by_replicate_of_18}, {"life_of_16", by_life_of_16},
    {"stream", by_stream}, {"stream_of_64", by_stream_of_64}, {"two_streams", by_two_streams},
    /* two rows whose first words are equal: the same Weyl sequence, told apart by the second */
    {"overlap", by_two_streams}, {"overlap_one_bit", by_two_streams},
    {"overlap_top_bit", by_two_streams}};

static void prepare(const char *name) {
    key = stream_key(first_stream);
    row = rows[0] = row_words(key, 3, 12);
    rows[1] = row_words(stream_key(first_stream + 1), 3, 12);
    if (strncmp(name, "overlap", 7) == 0) rows[1].a = rows[0].a;
    if (strcmp(name, "overlap_one_bit") == 0) rows[1].b = rows[0].b ^ 1;
    if (strcmp(name, "overlap_top_bit") == 0) rows[1].b = rows[0].b ^ 1ULL << 63;
}

/* ---- which 32 of the 53 bits ---- */

static uint64_t (*at)(uint64_t);
static unsigned high(void) { return (unsigned)(at(calls++) >> 21); }
static unsigned low(void) { return (unsigned)at(calls++); }
static unsigned high_reversed(void) { return (unsigned)(reversed64(high()) >> 32); }
static unsigned low_reversed(void) { return (unsigned)(reversed64(low()) >> 32); }

typedef struct { const char *name; unsigned (*bits)(void); } Output;
static const Output OUTPUTS[] = {{"high", high}, {"low", low},
                                 {"high_reversed", high_reversed}, {"low_reversed", low_reversed}};

/* ---- known answers, and the batteries ---- */

static int known(void) {
    const uint64_t places[] = {0, 1, 17, 4711, 1ULL << 32, (1ULL << 63) + 5, UINT64_MAX};
    const int count = (int)(sizeof places / sizeof *places);
    for (uint64_t s = 0; s < 3; s++)
        for (int r = 0; r < count; r++)
            for (int t = 0; t < count; t++)
                for (int e = 0; e < count; e++)
                    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", s,
                           places[r], places[t], places[e],
                           draw(stream_key(s), places[r], places[t], places[e]));
    return 0;
}

static void report(const char *ordering, const char *output, const char *battery, clock_t began) {
    int outside = 0;
    for (int i = 0; i < bbattery_NTests; i++)
        outside += bbattery_pVal[i] < 0.001 || bbattery_pVal[i] > 0.999;
    printf("%s %s %s: %d statistics, %.3g numbers, %.0f s CPU, %d outside [0.001, 0.999]\n",
           battery, ordering, output, bbattery_NTests, (double)calls,
           (double)(clock() - began) / CLOCKS_PER_SEC, outside);
    for (int i = 0; i < bbattery_NTests; i++)
        if (bbattery_pVal[i] < 0.001 || bbattery_pVal[i] > 0.999)
            printf("  %s p = %.6g, 1 - p = %.3g\n", bbattery_TestNames[i], bbattery_pVal[i],
                   1 - bbattery_pVal[i]);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "known") == 0) return known();
    unsigned (*bits)(void) = NULL;
    for (size_t i = 0; argc >= 4 && i < sizeof ORDERINGS / sizeof *ORDERINGS; i++)
        if (strcmp(ORDERINGS[i].name, argv[1]) == 0) at = ORDERINGS[i].at;
    for (size_t i = 0; argc >= 4 && i < sizeof OUTPUTS / sizeof *OUTPUTS; i++)
        if (strcmp(OUTPUTS[i].name, argv[2]) == 0) bits = OUTPUTS[i].bits;
    if (at == NULL || bits == NULL) return fprintf(stderr, "battery ORDERING OUTPUT BATTERY [N]\n"), 2;
    first_stream = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    prepare(argv[1]);
    swrite_Basic = FALSE;
    unif01_Gen *generator = unif01_CreateExternGenBits("mixer", bits);
    clock_t began = clock();
    if (strcmp(argv[3], "SmallCrush") == 0) bbattery_SmallCrush(generator);
    else if (strcmp(argv[3], "Crush") == 0) bbattery_Crush(generator);
    else if (strcmp(argv[3], "BigCrush") == 0) bbattery_BigCrush(generator);
    else return fprintf(stderr, "SmallCrush, Crush or BigCrush\n"), 2;
    report(argv[1], argv[2], argv[3], began);
    unif01_DeleteExternGenBits(generator);
    return 0;
}

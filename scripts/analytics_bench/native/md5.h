// MD5 (RFC 1321), because Cloud Storage answers a write with that of what it stored.
// Of our own, so that nothing but a C compiler is needed.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MD5_HEX_LENGTH = 32 };

static uint32_t md5_sines[64];  // filled by the first call

static void md5_fill_sines(void) {
    for (int i = 0; i < 64; i++) md5_sines[i] = (uint32_t)floor(fabs(sin(i + 1)) * 4294967296.0);
}

static inline uint32_t md5_rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void md5_block(uint32_t state[4], const unsigned char *block) {
    static const unsigned char shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
    memcpy(words, block, sizeof words);  // the machine is little-endian, as MD5 is
    for (int i = 0; i < 64; i++) {
        uint32_t mixed;
        int word;
        if (i < 16) mixed = (b & c) | (~b & d), word = i;
        else if (i < 32) mixed = (d & b) | (~d & c), word = (5 * i + 1) & 15;
        else if (i < 48) mixed = b ^ c ^ d, word = (3 * i + 5) & 15;
        else mixed = c ^ (b | ~d), word = (7 * i) & 15;
        mixed += a + md5_sines[i] + words[word];
        a = d, d = c, c = b;
        b += md5_rotate(mixed, shifts[i / 16][i % 4]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

// Writes the hexadecimal digest and its end, MD5_HEX_LENGTH + 1 bytes.
static void md5_hex(const char *content, size_t length, char *hex) {
    if (md5_sines[0] == 0) md5_fill_sines();
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    size_t whole = length / 64 * 64, rest = length - whole;
    for (size_t at = 0; at < whole; at += 64) md5_block(state, (const unsigned char *)content + at);

    unsigned char tail[128] = {0};
    memcpy(tail, content + whole, rest);
    tail[rest] = 0x80;
    size_t tail_length = rest < 56 ? 64 : 128;
    uint64_t bits = (uint64_t)length * 8;
    memcpy(tail + tail_length - 8, &bits, 8);
    for (size_t at = 0; at < tail_length; at += 64) md5_block(state, tail + at);

    unsigned char digest[16];
    memcpy(digest, state, sizeof digest);
    for (int i = 0; i < 16; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

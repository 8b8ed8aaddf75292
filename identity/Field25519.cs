using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Numbers modulo 2^255 - 19 as five limbs of 51 bits, for public values only. Limbs stay below 2^54, so that products
/// of them, times 19, summed five at a time, stay below 2^128.
/// </summary>
internal readonly struct Field25519
{
    private const ulong Mask = (1UL << 51) - 1;

    private readonly ulong _0, _1, _2, _3, _4;

    private Field25519(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        _0 = l0;
        _1 = l1;
        _2 = l2;
        _3 = l3;
        _4 = l4;
    }

    internal static Field25519 One => new(1, 0, 0, 0, 0);

    /// <summary>Reads 32 little-endian bytes; the top bit does not count.</summary>
    internal static Field25519 Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[6..]) >> 3) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]) >> 6) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[19..]) >> 1) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]) >> 12) & Mask);

    /// <summary>Writes the one representation below the modulus.</summary>
    internal void Write(Span<byte> bytes)
    {
        Field25519 a = Carry(_0, _1, _2, _3, _4);
        a = Carry(a._0, a._1, a._2, a._3, a._4);

        // Whether a + 19 reaches 2^255 tells whether a is not below the modulus; then 19 is added and 2^255 dropped.
        ulong q = (a._0 + 19) >> 51;
        q = (a._1 + q) >> 51;
        q = (a._2 + q) >> 51;
        q = (a._3 + q) >> 51;
        q = (a._4 + q) >> 51;
        ulong l0 = a._0 + 19 * q;
        ulong l1 = a._1 + (l0 >> 51);
        ulong l2 = a._2 + (l1 >> 51);
        ulong l3 = a._3 + (l2 >> 51);
        ulong l4 = (a._4 + (l3 >> 51)) & Mask;
        l0 &= Mask;
        l1 &= Mask;
        l2 &= Mask;
        l3 &= Mask;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, l0 | (l1 << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], (l1 >> 13) | (l2 << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], (l2 >> 26) | (l3 << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], (l3 >> 39) | (l4 << 12));
    }

    public static Field25519 operator +(in Field25519 a, in Field25519 b) =>
        new(a._0 + b._0, a._1 + b._1, a._2 + b._2, a._3 + b._3, a._4 + b._4);

    // Twice the modulus is added first, so that no limb falls below zero.
    public static Field25519 operator -(in Field25519 a, in Field25519 b) => new(
        a._0 + 0xFFFFFFFFFFFDA - b._0, a._1 + 0xFFFFFFFFFFFFE - b._1, a._2 + 0xFFFFFFFFFFFFE - b._2,
        a._3 + 0xFFFFFFFFFFFFE - b._3, a._4 + 0xFFFFFFFFFFFFE - b._4);

    public static Field25519 operator *(in Field25519 a, in Field25519 b)
    {
        ulong b1 = 19 * b._1, b2 = 19 * b._2, b3 = 19 * b._3, b4 = 19 * b._4;
        Sum c0 = default, c1 = default, c2 = default, c3 = default, c4 = default;
        c0.Add(a._0, b._0);
        c0.Add(a._1, b4);
        c0.Add(a._2, b3);
        c0.Add(a._3, b2);
        c0.Add(a._4, b1);
        c1.Add(a._0, b._1);
        c1.Add(a._1, b._0);
        c1.Add(a._2, b4);
        c1.Add(a._3, b3);
        c1.Add(a._4, b2);
        c2.Add(a._0, b._2);
        c2.Add(a._1, b._1);
        c2.Add(a._2, b._0);
        c2.Add(a._3, b4);
        c2.Add(a._4, b3);
        c3.Add(a._0, b._3);
        c3.Add(a._1, b._2);
        c3.Add(a._2, b._1);
        c3.Add(a._3, b._0);
        c3.Add(a._4, b4);
        c4.Add(a._0, b._4);
        c4.Add(a._1, b._3);
        c4.Add(a._2, b._2);
        c4.Add(a._3, b._1);
        c4.Add(a._4, b._0);
        return Reduce(c0, c1, c2, c3, c4);
    }

    /// <summary>The inverse, as the power 2^255 - 21 (Fermat); zero for zero.</summary>
    internal Field25519 Inverse()
    {
        Field25519 z2 = Squared(1);
        Field25519 z9 = z2.Squared(2) * this;
        Field25519 z11 = z9 * z2;
        Field25519 ones5 = z11.Squared(1) * z9;
        Field25519 ones10 = ones5.Squared(5) * ones5;
        Field25519 ones20 = ones10.Squared(10) * ones10;
        Field25519 ones40 = ones20.Squared(20) * ones20;
        Field25519 ones50 = ones40.Squared(10) * ones10;
        Field25519 ones100 = ones50.Squared(50) * ones50;
        Field25519 ones200 = ones100.Squared(100) * ones100;
        Field25519 ones250 = ones200.Squared(50) * ones50;
        return ones250.Squared(5) * z11;
    }

    private Field25519 Squared(int times)
    {
        Field25519 a = this;
        for (int i = 0; i < times; i++)
        {
            ulong d0 = 2 * a._0, d1 = 2 * a._1, d2 = 2 * a._2, d3 = 2 * a._3, n3 = 19 * a._3, n4 = 19 * a._4;
            Sum c0 = default, c1 = default, c2 = default, c3 = default, c4 = default;
            c0.Add(a._0, a._0);
            c0.Add(d1, n4);
            c0.Add(d2, n3);
            c1.Add(d0, a._1);
            c1.Add(d2, n4);
            c1.Add(a._3, n3);
            c2.Add(d0, a._2);
            c2.Add(a._1, a._1);
            c2.Add(d3, n4);
            c3.Add(d0, a._3);
            c3.Add(d1, a._2);
            c3.Add(a._4, n4);
            c4.Add(d0, a._4);
            c4.Add(d1, a._3);
            c4.Add(a._2, a._2);
            a = Reduce(c0, c1, c2, c3, c4);
        }
        return a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Field25519 Reduce(Sum c0, Sum c1, Sum c2, Sum c3, Sum c4)
    {
        c1.Add(c0.Above51);
        c2.Add(c1.Above51);
        c3.Add(c2.Above51);
        c4.Add(c3.Above51);
        ulong l0 = (c0.Low & Mask) + 19 * c4.Above51;
        ulong l1 = (c1.Low & Mask) + (l0 >> 51);
        return new Field25519(l0 & Mask, l1, c2.Low & Mask, c3.Low & Mask, c4.Low & Mask);
    }

    private static Field25519 Carry(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        l1 += l0 >> 51;
        l2 += l1 >> 51;
        l3 += l2 >> 51;
        l4 += l3 >> 51;
        return new Field25519((l0 & Mask) + 19 * (l4 >> 51), l1 & Mask, l2 & Mask, l3 & Mask, l4 & Mask);
    }

    // 128 bits by hand: the framework's UInt128 costs twice as much here.
    private struct Sum
    {
        internal ulong Low;
        private ulong _high;

        internal readonly ulong Above51 => (_high << 13) | (Low >> 51);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void Add(ulong a, ulong b)
        {
            ulong high = Math.BigMul(a, b, out ulong low);
            Low += low;
            _high += high + (Low < low ? 1UL : 0UL);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal void Add(ulong value)
        {
            Low += value;
            _high += Low < value ? 1UL : 0UL;
        }
    }
}

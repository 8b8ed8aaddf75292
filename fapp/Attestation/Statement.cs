using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>What a statement says of a key.</summary>
public enum StatementKind : byte
{
    /// <summary>It is the holder's.</summary>
    Attest,

    /// <summary>It is no longer, or never was, the holder's.</summary>
    Revoke,
}

/// <summary>
/// What a card signs: a text that people can read before they enter their PIN, and that follows from its fields byte
/// for byte, so that a record carries the fields only. ASCII with line feeds, for software that converts texts.
/// </summary>
/// <param name="Kind">What it says.</param>
/// <param name="Key">The mesh key that it names.</param>
/// <param name="From">The first day on which it holds, in days since 1970-01-01 UTC; of a revocation, its day.</param>
/// <param name="Until">The last day on which it holds; of a revocation, the same day as
/// <paramref name="From"/>.</param>
public readonly record struct Statement(StatementKind Kind, MeshKey Key, ushort From, ushort Until)
{
    /// <summary>Most days that an attestation may hold, its first and last day included: a year.</summary>
    public const int MaxDays = 366;

    /// <summary>An attestation that holds for a year from a day on.</summary>
    public static Statement Attest(MeshKey key, ushort from) =>
        new(StatementKind.Attest, key, from, (ushort)Math.Min(from + MaxDays - 1, ushort.MaxValue));

    /// <summary>A revocation of what was attested on a day and before.</summary>
    public static Statement Revoke(MeshKey key, ushort day) => new(StatementKind.Revoke, key, day, day);

    /// <summary>The bytes that are signed.</summary>
    public byte[] Encode() => Encoding.ASCII.GetBytes(ToString());

    /// <summary>The text.</summary>
    public override string ToString()
    {
        string key = Key.ToString();
        string address = Key.Address.ToString();
        return Kind == StatementKind.Attest
            ? $"""
                FAPP Erklaerung 1

                Der unten genannte Schluessel gehoert mir oder meiner Praxis. Nur mit ihm
                biete ich im Mesh Termine an. Ich habe ihn von meinem eigenen Geraet.

                The key below is mine or my practice's. I offer appointments in the mesh
                with this key only. I took it from my own device.

                Schluessel (key): {key}
                Adresse (address): {address}
                Gilt ab (from): {Day(From)}
                Gilt bis (until): {Day(Until)}

                """.ReplaceLineEndings("\n")
            : $"""
                FAPP Widerruf 1

                Der unten genannte Schluessel gehoert nicht oder nicht mehr mir oder meiner
                Praxis. Frueher erklaerte ich das Gegenteil, oder jemand tat es mit meiner
                Karte.

                The key below is not, or no longer, mine or my practice's. I stated the
                contrary before, or somebody did with my card.

                Schluessel (key): {key}
                Adresse (address): {address}
                Tag (day): {Day(From)}

                """.ReplaceLineEndings("\n");
    }

    /// <summary>The day in which a time is, in days since 1970-01-01 UTC.</summary>
    public static ushort DayOf(DateTimeOffset time) =>
        (ushort)Math.Clamp(time.ToUnixTimeSeconds() / SecondsPerDay, 0, ushort.MaxValue);

    internal const long SecondsPerDay = 86_400;

    private static string Day(ushort day) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day)
        .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

namespace QuicProChat.Mesh.Identity.Tests;

public class RecoveryCodeTests
{
    private static readonly RandomFill _counting = bytes =>
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)i;
    };

    /// <summary>Who steals the database has at least 128 bits to guess, also with a million bundles (2^20).</summary>
    [Fact]
    public void Who_has_stolen_a_million_bundles_has_at_least_128_bits_to_guess()
    {
        List<int> drawn = [];
        using RecoveryCode code = RecoveryCode.Generate(bytes =>
        {
            drawn.Add(bytes.Length);
            bytes.Fill(0x5A);
        });
        Assert.True((drawn.Sum() * 8) - 20 >= 128);
        // Every one of the bits counts: for the id and for the key.
        HashSet<string> seen = [];
        for (int bit = -1; bit < drawn.Sum() * 8; bit++)
        {
            using RecoveryCode other = RecoveryCode.Generate(bytes =>
            {
                bytes.Fill(0x5A);
                if (bit >= 0)
                    bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            });
            Assert.True(seen.Add(Derive(other, "bundle id")));
            Assert.True(seen.Add(Derive(other, "bundle key")));
            Assert.True(seen.Add(other.ToText()));
        }
    }

    [Fact]
    public void A_code_is_read_as_people_type_it()
    {
        using RecoveryCode code = RecoveryCode.Generate(_counting);
        string text = code.ToText();
        Assert.Equal(9, text.Split(' ').Length);
        Assert.All(text.Split(' '), g => Assert.Equal(5, g.Length));
        foreach (string typed in new[]
        {
            text, text.ToUpperInvariant(), text.Replace(" ", "", StringComparison.Ordinal),
            text.Replace(' ', '-'), $"  {text}\n",
        })
        {
            Assert.True(RecoveryCode.TryParse(typed, out RecoveryCode? read, out _));
            Assert.Equal(Derive(code, "x"), Derive(read, "x"));
            read.Dispose();
        }
    }

    [Fact]
    public void Any_mistyped_missing_or_swapped_character_is_noticed_and_none_is_told()
    {
        using RecoveryCode code = RecoveryCode.Generate(_counting);
        string text = code.ToText();
        List<string> wrong = ["", "qpcrec1", BackupString.Export(LocalIdentity.Generate()), new string('q', 200)];
        for (int i = 0; i < text.Length; i++)
        {
            wrong.Add(text[..i]);
            if (text[i] == ' ')
                continue;
            wrong.Add(text.Remove(i, 1));
            foreach (char other in "qpzry9x8gf2tvdw0s3jn54khce6mua7lb1")
            {
                if (other != text[i])
                    wrong.Add(text[..i] + other + text[(i + 1)..]);
            }
        }

        foreach (string typed in wrong)
        {
            Assert.False(RecoveryCode.TryParse(typed, out RecoveryCode? read, out string? error));
            Assert.Null(read);
            Assert.Contains("recovery code", error);
            Assert.DoesNotContain(text[12..20], error);
        }
    }

    /// <summary>RFC 5869 by other means: HMAC-SHA256 with the salt as the key, then one block.</summary>
    [Fact]
    public void Keys_come_by_HKDF()
    {
        using RecoveryCode code = RecoveryCode.Generate(_counting);
        byte[] secret = [.. Enumerable.Range(0, RecoveryCode.Size).Select(i => (byte)i)];
        byte[] extracted = new byte[32], expanded = new byte[32];
        HmacSha256.Compute("qpc-mesh/1 recovery"u8, secret, extracted);
        HmacSha256.Compute(extracted, [.. "bundle id"u8, 1], expanded);
        Assert.Equal(Convert.ToHexString(expanded), Derive(code, "bundle id"));
    }

    private static string Derive(RecoveryCode code, string what)
    {
        byte[] key = new byte[32];
        code.Derive(System.Text.Encoding.ASCII.GetBytes(what), key);
        return Convert.ToHexString(key);
    }
}

using System.Text;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Tests.Files;

public sealed class FilePartsTests
{
    [Theory]
    [InlineData("map.png", "map.png")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("/etc/cron.d/evil", "evil")]
    [InlineData("C:\\Windows\\evil.exe", "evil.exe")]
    [InlineData("..", "file")]
    [InlineData(".", "file")]
    [InlineData("", "file")]
    [InlineData(".bashrc", "bashrc")]
    [InlineData("--help", "help")]
    [InlineData("a\u202Egpj.exe", "agpj.exe")]
    [InlineData("a\nb\0c\u001b[31m.txt", "a bc[31m.txt")]
    [InlineData("CON", "_CON")]
    [InlineData("lpt1.txt", "_lpt1.txt")]
    [InlineData("a:b*c?d.txt", "abcd.txt")]
    [InlineData("trailing. . ", "trailing")]
    [InlineData("grüße 🗺.pdf", "grüße 🗺.pdf")]
    [InlineData("\uD800half", "half")]
    [InlineData("folder/", "file")]
    public void A_name_of_others_becomes_one_that_leads_nowhere(string name, string clean)
    {
        Assert.Equal(clean, FileNames.Clean(name));
        Assert.Equal(clean, FileNames.Clean(clean));
    }

    [Fact]
    public void A_long_name_keeps_its_ending_and_any_name_is_safe()
    {
        string clean = FileNames.Clean(new string('ü', 300) + ".tar");
        Assert.EndsWith(".tar", clean, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(clean), 200, FileNames.MaxSize);
        Assert.Equal("map (2).png", FileNames.Numbered("map.png", 2));
        Assert.Equal("map (3)", FileNames.Numbered("map", 3));
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            char[] chars = new char[random.Next(40)];
            for (int j = 0; j < chars.Length; j++)
                chars[j] = random.Next(4) == 0 ? "/\\.:-\0\n \u202E"[random.Next(9)] : (char)random.Next(0x10000);
            string made = FileNames.Clean(new string(chars));
            Assert.True(made.Length > 0 && made is not ("." or "..") && made[0] != '.' && made[0] != '-');
            Assert.DoesNotContain(made, c => c is '/' or '\\' or ':' || char.IsControl(c));
            Assert.Equal(made, Path.GetFileName(made));
            Assert.InRange(Encoding.UTF8.GetByteCount(FileNames.Numbered(made, 999)), 1, FileOfferContent.MaxNameSize);
        }
    }

    [Theory]
    [InlineData("89504E470D0A1A0A0000", "image/png")]
    [InlineData("FFD8FFE000104A464946", "image/jpeg")]
    [InlineData("255044462D312E37", "application/pdf")]
    [InlineData("524946460000000057454250", "image/webp")]
    [InlineData("504B030414000000", "application/zip")]
    [InlineData("7F454C4602010100", "application/octet-stream")]
    [InlineData("68656C6C6F0A", "text/plain")]
    [InlineData("6772C3BC", "text/plain")]
    [InlineData("6772C3", "text/plain")]
    [InlineData("6800656C6C6F", "application/octet-stream")]
    [InlineData("", "application/octet-stream")]
    public void A_type_follows_from_the_first_bytes(string hex, string type) =>
        Assert.Equal(type, MediaTypes.Of(Convert.FromHexString(hex)));

    private static readonly byte[] Png = Convert.FromHexString(
        "89504E470D0A1A0A0000000D49484452000000010000000108060000001F15C4890000000A49444154789C6360000002000001E221BC330000000049454E44AE426082");

    [Fact]
    public void A_thumbnail_is_a_small_picture_that_tells_nothing_else()
    {
        Assert.Null(Thumbnails.WhyNot(Png));
        byte[] jpeg = Convert.FromHexString("FFD8FFE000104A46494600010100000100010000FFDA0008010100003F00D2FF00CFFFD9");
        Assert.Null(Thumbnails.WhyNot(jpeg));
        byte[] exif = Convert.FromHexString("FFD8FFE1000A4578696600000000FFDA0008010100003F00D2FFD9");
        Assert.Contains("metadata", Thumbnails.WhyNot(exif), StringComparison.Ordinal);
        // tEXt before IEND.
        byte[] text = [.. Png[..^12],
            .. Convert.FromHexString("0000000374455874610062 00000000".Replace(" ", "", StringComparison.Ordinal)),
            .. Png[^12..]];
        Assert.Contains("metadata", Thumbnails.WhyNot(text), StringComparison.Ordinal);
        Assert.NotNull(Thumbnails.WhyNot([.. Png, 0]));
        Assert.NotNull(Thumbnails.WhyNot("hello"u8));
        Assert.Contains("2048", Thumbnails.WhyNot(new byte[2049]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_that_is_cut_or_altered_is_refused_or_taken_and_nothing_else()
    {
        for (int cut = 1; cut < Png.Length; cut++)
            Assert.NotNull(Thumbnails.WhyNot(Png.AsSpan(0, cut)));
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] altered = (byte[])Png.Clone();
            altered[random.Next(altered.Length)] = (byte)random.Next(256);
            altered[random.Next(altered.Length)] = (byte)random.Next(256);
            _ = Thumbnails.WhyNot(altered);
        }
    }

    [Fact]
    public void A_set_of_chunks_reads_what_it_wrote_and_refuses_bits_beyond_the_file()
    {
        var set = new ChunkSet(11);
        foreach (int chunk in (int[])[0, 3, 10])
            set.Add(chunk);
        Assert.Equal([0x90, 0x20], set.Bytes.ToArray());
        Assert.Equal(3, ChunkSet.TryRead(set.Bytes, 11)!.Count);
        Assert.Equal((1, 11), (set.FirstMissing(0), ChunkSet.Whole(11).FirstMissing(0)));
        Assert.Null(ChunkSet.TryRead([0x90, 0x30], 11));
        Assert.Null(ChunkSet.TryRead([0x90], 11));
        Assert.Null(ChunkSet.TryRead([0x90, 0x20, 0], 11));
        set.Remove(3);
        Assert.False(set[3]);
        Assert.Equal(2, set.Count);
    }

    [Fact]
    public void A_sealed_chunk_opens_at_its_place_only_and_the_same_file_looks_different_each_time()
    {
        using FileSecrets one = new(Enumerable.Repeat((byte)1, 32).ToArray()),
        two = new(Enumerable.Repeat((byte)2, 32).ToArray());
        byte[] chunk = new byte[FileFormat.ChunkSize], other = new byte[FileFormat.ChunkSize],
            data = new byte[FileFormat.DataSize];
        chunk[7] = other[7] = 9;
        one.Seal(3, chunk);
        two.Seal(3, other);
        Assert.NotEqual(chunk, other);
        Assert.True(one.TryOpen(3, chunk, data));
        Assert.Equal(9, data[7]);
        Assert.False(one.TryOpen(4, chunk, data));
        Assert.False(two.TryOpen(3, chunk, data));
        Assert.NotEqual(one.Tag, two.Tag);
        Assert.Equal(FileFormat.MaxDataChunks + 1, Enumerable.Range(0, FileFormat.MaxDataChunks + 1).Select(one.IdOf)
            .Distinct().Count());
    }

    [Fact]
    public void More_or_fewer_bytes_than_were_announced_are_refused()
    {
        using var secrets = new FileSecrets(new byte[32]);
        var sealer = new FileSealer(secrets, 10);
        Assert.Throws<MessagingException>(() => sealer.Add(new byte[11], static (_, _) => { }));
        sealer.Add(new byte[9], static (_, _) => { });
        Assert.Throws<MessagingException>(() => sealer.Finish(static (_, _) => { }));
    }
}

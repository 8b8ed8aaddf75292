namespace QuicProChat.Mesh.Wire.Tests;

public sealed class ValueTests
{
    [Fact]
    public void Metric_codes_order_as_their_values_do()
    {
        for (int code = 1; code < 0xFFFF; code++)
            Assert.True(new Metric((ushort)code).Units > new Metric((ushort)(code - 1)).Units);
    }

    [Fact]
    public void A_metric_made_from_units_is_the_smallest_that_is_not_below_them()
    {
        for (int code = 0; code < 0xFFFE; code++)
        {
            uint units = new Metric((ushort)code).Units;
            Assert.Equal((ushort)code, Metric.FromUnits(units).Code);
            Assert.Equal((ushort)(code + 1), Metric.FromUnits(units + 1).Code);
        }

        Assert.Equal(Metric.Largest, Metric.FromUnits(uint.MaxValue));
    }

    [Fact]
    public void A_path_behind_a_link_is_strictly_dearer_or_infinite()
    {
        var random = new Random(9);
        for (int i = 0; i < 200_000; i++)
        {
            var path = new Metric((ushort)random.Next(0x10000));
            Metric link = Metric.FromTime(TimeSpan.FromTicks(random.NextInt64(1L << random.Next(1, 45))));
            Metric sum = path + link;
            Assert.True(sum.IsInfinite || sum > path);
            Assert.True(sum.IsInfinite || sum.Units >= (ulong)path.Units + link.Units);
        }

        Assert.True((Metric.Infinite + Metric.Zero).IsInfinite);
        Assert.True((Metric.Largest + new Metric(1)).IsInfinite);
    }

    [Theory]
    [InlineData("tcp://host:1", "tcp", "//host:1", null)]
    [InlineData("QUIC://[::1]:7/#qpc1abc", "quic", "//[::1]:7/", "qpc1abc")]
    [InlineData("lora:/dev/ttyUSB0?modem=rnode", "lora", "/dev/ttyUSB0?modem=rnode", null)]
    public void A_link_uri_is_split_into_scheme_place_and_pinned_address(
        string text, string scheme, string rest, string? pinned)
    {
        Assert.True(LinkUri.TryParse(text, out LinkUri? uri, out _));
        Assert.Equal(new LinkUri(scheme, rest, pinned), uri);
        // Shown as written, but for settings.
        Assert.True(LinkUri.TryParse(uri.ToString(), out LinkUri? again, out _));
        Assert.Equal(uri with { Rest = rest.Split('?')[0] }, again with { Rest = again.Rest.Split('?')[0] });
    }

    [Theory]
    [InlineData("lora:/dev/ttyUSB0?sf=9&networkkey=5ec7e7", "lora:/dev/ttyUSB0?...")]
    [InlineData("lora:/dev/ttyUSB0&networkkey=5ec7e7", "lora:/dev/ttyUSB0&...")]
    [InlineData("lora:networkkey=5ec7e7", "lora:networkkey=...")]
    [InlineData("tcp://host:1/#qpc1abc", "tcp://host:1/#qpc1abc")]
    public void Settings_of_a_link_uri_are_never_shown(string text, string shown)
    {
        Assert.True(LinkUri.TryParse(text, out LinkUri? uri, out _));
        Assert.Equal(shown, uri.ToString());
        Assert.False(LinkUri.TryParse(text.Replace(":", "", StringComparison.Ordinal), out _, out string? error));
        Assert.DoesNotContain("5ec7e7", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":1")]
    [InlineData("tcp:")]
    [InlineData("tcp:#qpc1abc")]
    public void A_text_that_is_no_link_uri_is_refused_with_a_reason(string text)
    {
        Assert.False(LinkUri.TryParse(text, out _, out string? error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Ids_and_abbreviations_read_back_what_they_wrote_and_print_as_hexadecimal()
    {
        byte[] bytes = Convert.FromHexString("00112233445566778899aabbccddeeff");
        EnvelopeId id = EnvelopeId.Read(bytes);
        Assert.Equal("00112233445566778899aabbccddeeff", id.ToString());
        byte[] copy = new byte[16];
        id.Write(copy);
        Assert.Equal(bytes, copy);
        Assert.Equal("0011223344556677", Abbreviation.Read(bytes).ToString());
        Assert.Equal(Abbreviation.Read(bytes).Value, id.Prefix);
    }
}

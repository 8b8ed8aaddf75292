using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class LoraUriTests
{
    private const string Example =
        "lora:/dev/ttyUSB0?modem=rnode&frequency=868100000&bandwidth=125000&sf=9&cr=5&power=14&region=eu868";

    [Fact]
    public void The_example_of_the_manual_is_read()
    {
        Assert.True(LoraUri.TryParse(Example, out LoraOptions? o, out _));
        Assert.Equal("/dev/ttyUSB0", o.Device);
        Assert.Equal(ModemKind.RNode, o.Modem);
        Assert.Equal((868_100_000L, 125_000, 9, 5, 14),
            (o.FrequencyHz, o.BandwidthHz, o.SpreadingFactor, o.CodingRate, o.PowerDbm));
        Assert.Same(RegionPlan.Eu868, o.Region);
        Assert.Equal("868.0-868.6", o.Band.Name);
        Assert.Null(o.NetworkKey);
    }

    [Fact]
    public void Little_is_needed()
    {
        Assert.True(LoraUri.TryParse("lora:/dev/serial/by-id/usb-x?frequency=869525000&region=EU868",
            out LoraOptions? o, out _));
        Assert.Equal((ModemKind.Auto, 125_000, 9, 5, 14),
            (o.Modem, o.BandwidthHz, o.SpreadingFactor, o.CodingRate, o.PowerDbm));
    }

    [Fact]
    public void A_network_key_is_read_and_never_shown()
    {
        string key = new('c', 64);
        Assert.True(LoraUri.TryParse($"{Example}&networkkey={key}", out LoraOptions? o, out _));
        Assert.Equal(Convert.FromHexString(key), o.NetworkKey);
        Assert.DoesNotContain("cccc", o.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.False(LoraUri.TryParse($"{Example}&networkkey=cccccccc", out _, out LoraUriError? error));
        Assert.DoesNotContain("cccc", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_Waveshare_HAT_is_an_E22_on_two_pins()
    {
        Assert.True(LoraUri.TryParse(
            "lora:/dev/ttyS0?modem=waveshare&frequency=867125000&power=13&airrate=9600&region=eu868",
            out LoraOptions? o, out _));
        Assert.Equal((ModemKind.E22, ModeSwitch.Gpio, 22, 27), (o.Modem, o.ModeSwitch, o.GpioM0, o.GpioM1));
        Assert.Equal(500_000, o.BandwidthHz);
    }

    [Theory]
    [InlineData("tcp:/dev/ttyUSB0", "scheme", "lora:/dev/ttyUSB0")]
    [InlineData("lora:ttyUSB0?frequency=868100000&region=eu868", "device", "/dev/")]
    [InlineData("lora:/dev/x?frequency=868100000", "region", "eu868, eu433, us915, none")]
    [InlineData("lora:/dev/x?region=eu868", "frequency", "missing")]
    [InlineData("lora:/dev/x?frequency=868100000&region=mars", "region", "eu868, eu433, us915, none")]
    [InlineData("lora:/dev/x?frequency=868.1&region=eu868", "frequency", "whole number")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&sf=13", "sf", "5 to 12")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&sf=", "sf", "5 to 12")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&sf", "sf", "needs a value")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&cr=4", "cr", "5 to 8")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&bandwidth=100000", "bandwidth", "125000")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&power=20", "power", "14 dBm")]
    [InlineData("lora:/dev/x?frequency=868650000&region=eu868", "frequency", "868.0-868.6")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&modem=dragino", "modem", "rnode")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&colour=red", "colour", "frequency")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&sf=7&sf=8", "sf", "twice")]
    [InlineData("lora:/dev/x?frequency=915000000&region=us915&sf=11", "sf", "bytes fit")]
    [InlineData("lora:/dev/x?frequency=868950000&region=eu868&sf=12", "sf", "bytes fit")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&modem=e22&power=13", "frequency", "850125000")]
    [InlineData("lora:/dev/x?frequency=868125000&region=eu868&modem=e22&power=13", "frequency", "sub-band")]
    [InlineData("lora:/dev/x?frequency=867125000&region=eu868&modem=e22&power=14", "power", "22, 17, 13, 10")]
    [InlineData("lora:/dev/x?frequency=867125000&region=eu868&modem=e22&power=13&sf=7", "sf", "no meaning")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&modem=rnode&airrate=2400", "airrate", "no meaning")]
    [InlineData("lora:/dev/x?frequency=868100000&region=eu868&modem=rnode&encoding=raw", "encoding", "no meaning")]
    public void An_error_says_what_is_wrong_and_what_is_accepted(string uri, string where, string hint)
    {
        Assert.False(LoraUri.TryParse(uri, out _, out LoraUriError? error));
        Assert.Equal(where, error.Where);
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_says_where_it_is()
    {
        const string uri = "lora:/dev/x?frequency=868100000&sf=99&region=eu868";
        Assert.False(LoraUri.TryParse(uri, out _, out LoraUriError? error));
        Assert.Equal(uri.IndexOf("99", StringComparison.Ordinal), error.Position);
    }

    [Fact]
    public void Frames_are_as_long_as_the_law_lets_them_be()
    {
        Assert.Equal(254, LoraFrameLimit.Of(Bench.Options("modem=rnode&frequency=868100000&sf=9&region=eu868")));
        int american = LoraFrameLimit.Of(Bench.Options("modem=rnode&frequency=915000000&sf=8&region=us915"));
        Assert.InRange(american, 80, 200);
    }
}

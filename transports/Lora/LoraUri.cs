using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;
using QuicProChat.Mesh.Transports.Lora.Modems.Reyax;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>What is wrong with a radio's settings.</summary>
/// <param name="Where">The key, or <c>device</c>.</param>
/// <param name="Position">Index of the first wrong character in the URI; -1 when something is missing.</param>
/// <param name="Message">What is wrong and what is accepted, for people. Holds no secret.</param>
public sealed record LoraUriError(string Where, int Position, string Message)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Position < 0 ? $"lora: {Where}: {Message}" : $"lora: {Where} (at character {Position + 1}): {Message}";
}

/// <summary>
/// Reads <c>lora:/dev/ttyUSB0?modem=rnode&amp;frequency=868100000&amp;sf=9&amp;region=eu868</c> and what else a modem
/// takes. The keys are those of the configuration file.
/// </summary>
public static class LoraUri
{
    private const string Scheme = "lora:";

    private static readonly string[] Keys =
    [
        "modem", "frequency", "bandwidth", "sf", "cr", "power", "region", "baud", "networkkey", "networkid", "encoding",
        "airrate", "modeswitch", "gpiochip", "m0", "m1",
    ];

    /// <summary>Reads and checks a URI.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out LoraOptions? options, [NotNullWhen(false)] out LoraUriError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        options = null;
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            error = new LoraUriError(
                "scheme", 0, $"a radio begins with {Scheme}, for example lora:/dev/ttyUSB0?modem=rnode&...");
            return false;
        }
        int question = text.IndexOf('?', StringComparison.Ordinal);
        string device = text[Scheme.Length..(question < 0 ? text.Length : question)];
        // Settings that follow no question mark must not end up in a path, which is shown.
        if (!device.StartsWith('/') || device.EndsWith('/') || device.AsSpan().ContainsAny("\0&="))
        {
            error = new LoraUriError(
                "device", Scheme.Length,
                "the path of a serial device is expected, then ? and settings, for example /dev/ttyUSB0?... or "
                    + "/dev/serial/by-id/...?...");
            return false;
        }
        int hash = text.IndexOf('#', StringComparison.Ordinal);
        if (hash >= 0)
        {
            error = new LoraUriError(
                "#", hash, "a radio has no pinned address, and neither path nor settings have a #");
            return false;
        }
        Dictionary<string, LoraSetting> settings = [];
        int at = question < 0 ? text.Length : question + 1;
        while (at < text.Length)
        {
            int end = text.IndexOf('&', at);
            end = end < 0 ? text.Length : end;
            int equals = text.IndexOf('=', at, end - at);
            string key = text[at..(equals < 0 ? end : equals)].ToLowerInvariant();
            if (!Keys.Contains(key))
                error = new LoraUriError(
                    NameOf(key), at, $"is no setting of a radio; these are: {string.Join(", ", Keys)}");
            else if (equals < 0)
                error = new LoraUriError(key, at, $"needs a value: {key}=...");
            else if (!settings.TryAdd(
                key, new LoraSetting(Uri.UnescapeDataString(text[(equals + 1)..end]), equals + 1)))
                error = new LoraUriError(key, at, "is given twice");
            else
                error = null;
            if (error is not null)
                return false;
            at = end + 1;
        }
        LoraSettingsReader reader = new(settings);
        options = Read(reader, device);
        error = reader.Error;
        if (error is not null)
            options = null;
        return error is null;
    }

    /// <summary>An unknown key as it may be shown: what is no word at all may be a secret in the wrong place.</summary>
    private static string NameOf(string key) => key.Length is > 0 and <= 16 && IsWord(key) ? key : "setting";

    private static bool IsWord(string key)
    {
        foreach (char c in key)
        {
            if (!char.IsAsciiLetter(c))
                return false;
        }
        return true;
    }

    private static LoraOptions? Read(LoraSettingsReader from, string device)
    {
        ModemKind modem = from.Choice("modem", ModemKind.Auto, new()
        {
            ["auto"] = ModemKind.Auto,
            ["rnode"] = ModemKind.RNode,
            ["reyax"] = ModemKind.Reyax,
            ["rylr998"] = ModemKind.Reyax,
            ["rylr896"] = ModemKind.Reyax,
            ["e22"] = ModemKind.E22,
            ["waveshare"] = ModemKind.E22,
            ["e22-t30"] = ModemKind.E22HighPower,
        });
        bool waveshare = from.Text("modem") is "waveshare";
        RegionPlan? region = from.Region();
        long frequency = from.Number("frequency", null, 137_000_000, 3_000_000_000, "hertz");
        int airRate = from.OneOf("airrate", 2400, Array.ConvertAll(E22AirRate.All, r => r.BitsPerSecond),
            "bits a second");
        bool ebyte = modem is ModemKind.E22 or ModemKind.E22HighPower;
        LoraModulation? preset = ebyte ? E22AirRate.Find(airRate)?.Modulation : null;
        LoraOptions? options = region is null ? null : new LoraOptions
        {
            Device = device,
            Modem = modem,
            FrequencyHz = frequency,
            BandwidthHz = preset?.BandwidthHz
                ?? from.OneOf("bandwidth", 125_000, [.. ReyaxModel.AllBandwidths], "hertz"),
            SpreadingFactor = preset?.SpreadingFactor ?? (int)from.Number("sf", 9, 5, 12, ""),
            CodingRate = preset?.CodingRate ?? (int)from.Number("cr", 5, 5, 8, "for 4/5 to 4/8"),
            PowerDbm = ebyte
                ? from.OneOf("power", E22Registers.Powers(modem)[^1], [.. E22Registers.Powers(modem)], "dBm")
                : (int)from.Number("power", 14, 0, modem == ModemKind.Reyax ? 22 : 37, "dBm"),
            Region = region,
            Band = region.Bands[0],
            Baud = from.Has("baud")
                ? ebyte
                    ? from.OneOf("baud", 9600, [.. E22Registers.BaudRates], "bits a second")
                    : (int)from.Number("baud", 115_200, 300, 4_000_000, "bits a second")
                : null,
            NetworkKey = from.Key("networkkey"),
            ReyaxNetworkId = ebyte ? 18 : (int)from.Number("networkid", 18, 0, 18, ""),
            EbyteNetworkId = ebyte ? (int)from.Number("networkid", 0, 0, 255, "") : 0,
            ReyaxEncoding = from.Choice("encoding", ReyaxEncoding.Base85, new()
            {
                ["base85"] = ReyaxEncoding.Base85,
                ["raw"] = ReyaxEncoding.Raw,
            }),
            AirRate = airRate,
            ModeSwitch = from.Choice("modeswitch", waveshare ? ModeSwitch.Gpio : ModeSwitch.Software, new()
            {
                ["none"] = ModeSwitch.None,
                ["software"] = ModeSwitch.Software,
                ["gpio"] = ModeSwitch.Gpio,
            }),
            GpioChip = from.Raw("gpiochip") ?? "/dev/gpiochip0",
            GpioM0 = (int)from.Number("m0", 22, 0, 1023, ""),
            GpioM1 = (int)from.Number("m1", 27, 0, 1023, ""),
        };
        return options is null || from.Error is not null ? null : CheckTogether(from, options);
    }

    private static LoraOptions? CheckTogether(LoraSettingsReader from, LoraOptions options)
    {
        foreach ((string key, bool wrong) in Misplaced(options))
        {
            if (wrong && from.Has(key))
                return from.Fail(key, $"has no meaning for this modem ({from.Text("modem") ?? "auto"})");
        }
        if (options.Modem is ModemKind.E22 or ModemKind.E22HighPower
            && E22Registers.Channel(options.FrequencyHz) is null)
        {
            return from.Fail(
                "frequency", "an E22 has channels 1 MHz apart: 850125000 to 930125000 or 410125000 to 493125000");
        }
        if (!options.Region.TryFindBand(options.FrequencyHz, options.BandwidthHz, out SubBand? band))
        {
            string bands = string.Join(", ", options.Region.Bands.Select(b => $"{b.Name} MHz"));
            return from.Fail(
                "frequency",
                $"{options.FrequencyHz} Hz with {options.BandwidthHz} Hz bandwidth does not lie inside one sub-band of " +
                $"{options.Region.Name}: {bands}");
        }
        if (options.PowerDbm > band.MaxPowerDbm)
            return from.Fail("power", $"{options.Region.Name} allows {band.MaxPowerDbm} dBm in {band.Name} MHz");
        LoraOptions whole = options with { Band = band };
        int fits = LoraFrameLimit.Of(whole);
        return fits >= LoraFrameLimit.Useful
            ? whole
            : from.Fail(
                "sf", $"a frame of {LoraFrameLimit.Useful} bytes would be on the air for longer than " +
                $"{options.Region.Name} or the modem allows ({fits} bytes fit): take a smaller sf or a larger bandwidth");
    }

    private static IEnumerable<(string Key, bool Wrong)> Misplaced(LoraOptions options)
    {
        bool ebyte = options.Modem is ModemKind.E22 or ModemKind.E22HighPower;
        bool reyax = options.Modem is ModemKind.Reyax or ModemKind.Auto;
        foreach (string key in (string[])["bandwidth", "sf", "cr"])
            yield return (key, ebyte);
        foreach (string key in (string[])["airrate", "modeswitch", "gpiochip", "m0", "m1"])
            yield return (key, !ebyte);
        yield return ("encoding", !reyax);
        yield return ("networkid", !reyax && !ebyte);
    }
}

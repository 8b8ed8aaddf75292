using System.Buffers;
using System.Globalization;
using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>A setting as it was written, and where.</summary>
internal readonly record struct LoraSetting(string Value, int Position);

/// <summary>Reads settings one by one; keeps the first error and goes on with defaults.</summary>
internal sealed class LoraSettingsReader(IReadOnlyDictionary<string, LoraSetting> settings)
{
    private const int KeySize = 32;

    private readonly IReadOnlyDictionary<string, LoraSetting> _settings = settings;

    internal LoraUriError? Error { get; private set; }

    internal bool Has(string key) => _settings.ContainsKey(key);

    internal string? Raw(string key) => _settings.TryGetValue(key, out LoraSetting setting) ? setting.Value : null;

    internal string? Text(string key) => Raw(key)?.ToLowerInvariant();

    internal LoraOptions? Fail(string key, string message)
    {
        int position = _settings.TryGetValue(key, out LoraSetting setting) ? setting.Position : -1;
        Error ??= new LoraUriError(key, position, message);
        return null;
    }

    internal long Number(string key, long? otherwise, long least, long most, string unit)
    {
        string accepted = $"a whole number from {least} to {most} {unit}".TrimEnd();
        if (!_settings.TryGetValue(key, out LoraSetting setting))
        {
            if (otherwise is null)
                Fail(key, $"is missing; it needs {accepted}");
            return otherwise ?? least;
        }
        if (long.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value >= least && value <= most)
            return value;
        Fail(key, $"\"{setting.Value}\" is not {accepted}");
        return least;
    }

    internal int OneOf(string key, int otherwise, int[] accepted, string unit)
    {
        if (!_settings.TryGetValue(key, out LoraSetting setting))
            return otherwise;
        if (int.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            && Array.IndexOf(accepted, value) >= 0)
            return value;
        Fail(key, $"\"{setting.Value}\" is not one of {string.Join(", ", accepted)} ({unit})");
        return otherwise;
    }

    internal T Choice<T>(string key, T otherwise, Dictionary<string, T> accepted)
    {
        if (Text(key) is not { } text)
            return otherwise;
        if (accepted.TryGetValue(text, out T? value))
            return value;
        Fail(key, $"\"{text}\" is not one of {string.Join(", ", accepted.Keys)}");
        return otherwise;
    }

    internal RegionPlan? Region()
    {
        string names = string.Join(", ", RegionPlan.All.Select(p => p.Name));
        if (Text("region") is not { } name)
            Fail("region", $"is missing: whose law holds here? One of {names}");
        else if (RegionPlan.TryFind(name, out RegionPlan? plan))
            return plan;
        else
            Fail("region", $"\"{name}\" is not one of {names}");
        return null;
    }

    /// <summary>A key in hexadecimal; what was written never gets into a message.</summary>
    internal byte[]? Key(string key)
    {
        if (!_settings.TryGetValue(key, out LoraSetting setting))
            return null;
        byte[] bytes = new byte[KeySize];
        if (setting.Value.Length == 2 * KeySize
            && Convert.FromHexString(setting.Value, bytes, out _, out int written) == OperationStatus.Done
            && written == KeySize)
            return bytes;
        Fail(key, $"is not a key of {2 * KeySize} hexadecimal digits");
        return null;
    }
}

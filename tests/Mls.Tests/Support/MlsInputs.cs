using System.Text.Json;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>Reads MLS test vectors.</summary>
internal static class MlsInputs
{
    internal static JsonElement Json(string relative)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedInputs.Find(relative)));
        return document.RootElement.Clone();
    }

    /// <summary>The cases of a published vector file for the suites that the library implements.</summary>
    internal static IEnumerable<JsonElement> Cases(string name)
    {
        foreach (JsonElement item in Json($"vectors/mls/{name}.json").EnumerateArray())
        {
            if (!item.TryGetProperty("cipher_suite", out JsonElement suite) || Enum.IsDefined((CipherSuite)suite.GetUInt16()))
                yield return item;
        }
    }

    internal static byte[] Hex(this JsonElement element, string name) => element.GetProperty(name).Hex();

    internal static byte[] Hex(this JsonElement element) => Convert.FromHexString(element.GetString()!);

    internal static uint UInt(this JsonElement element, string name) => element.GetProperty(name).GetUInt32();
}

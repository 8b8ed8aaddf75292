using System.Text.Json;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>Reads MLS test vectors.</summary>
internal static class MlsInputs
{
    internal static JsonElement Json(string relative) => Parse(SharedInputs.Find(relative));

    /// <summary>The cases of a file that mlspp made for this repository, in the published format.</summary>
    internal static IEnumerable<JsonElement> OfMlspp(string name) =>
        Parse(Repository.File("tests", "Mls.Tests", "Vectors", "Mlspp", name + ".json")).EnumerateArray();

    /// <summary>What another implementation of the post-quantum suite's KEM made for this repository.</summary>
    internal static JsonElement PostQuantum(string name) =>
        Parse(Repository.File("tests", "Mls.Tests", "Vectors", "PostQuantum", name + ".json"));

    /// <summary>The cases of a published vector file for the suites that the library implements.</summary>
    internal static IEnumerable<JsonElement> Cases(string name)
    {
        foreach (JsonElement item in Json($"vectors/mls/{name}.json").EnumerateArray())
        {
            if (!item.TryGetProperty("cipher_suite", out JsonElement suite)
                || Enum.IsDefined((CipherSuite)suite.GetUInt16()))
                yield return item;
        }
    }

    private static JsonElement Parse(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    internal static byte[] Hex(this JsonElement element, string name) => element.GetProperty(name).Hex();

    internal static byte[] Hex(this JsonElement element) => Convert.FromHexString(element.GetString()!);

    internal static uint UInt(this JsonElement element, string name) => element.GetProperty(name).GetUInt32();
}

using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>JSON as the clients write it: what is not said is left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ControlRequest))]
internal sealed partial class ClientJson : JsonSerializerContext;

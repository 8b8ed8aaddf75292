using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>All JSON of the control socket, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    Converters = [typeof(ControlTime)],
    MaxDepth = ControlJson.MaxDepth)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(StatusInfo))]
[JsonSerializable(typeof(IdentityInfo))]
[JsonSerializable(typeof(IReadOnlyList<PeerInfo>))]
[JsonSerializable(typeof(IReadOnlyList<PathInfo>))]
[JsonSerializable(typeof(IReadOnlyList<MessageInfo>))]
[JsonSerializable(typeof(IReadOnlyList<AliasInfo>))]
[JsonSerializable(typeof(PeerInfo))]
[JsonSerializable(typeof(PathInfo))]
[JsonSerializable(typeof(MessageInfo))]
[JsonSerializable(typeof(AliasInfo))]
[JsonSerializable(typeof(HeldInfo))]
[JsonSerializable(typeof(SendInfo))]
[JsonSerializable(typeof(IReadOnlyList<RequestInfo>))]
[JsonSerializable(typeof(LiteGroupInfo))]
[JsonSerializable(typeof(IReadOnlyList<LiteGroupInfo>))]
[JsonSerializable(typeof(LiteInvitationInfo))]
[JsonSerializable(typeof(QueueInfo))]
[JsonSerializable(typeof(IReadOnlyList<RadioInfo>))]
[JsonSerializable(typeof(MetricsInfo))]
[JsonSerializable(typeof(DoneInfo))]
[JsonSerializable(typeof(EventInfo))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    /// <summary>Objects and lists within each other.</summary>
    internal const int MaxDepth = 8;
}

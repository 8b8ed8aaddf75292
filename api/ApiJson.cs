using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>
/// All JSON of results and events, generated at build time. The generator wants all its types in one place: whoever
/// adds a
/// type of result or event adds a line here, and the compiler asks for it.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    Converters = [typeof(ApiTime)],
    MaxDepth = MaxDepth)]
[JsonSerializable(typeof(DoneInfo))]
[JsonSerializable(typeof(StatusInfo))]
[JsonSerializable(typeof(IdentityInfo))]
[JsonSerializable(typeof(IReadOnlyList<PeerInfo>))]
[JsonSerializable(typeof(IReadOnlyList<PathInfo>))]
[JsonSerializable(typeof(DiscoveryInfo))]
[JsonSerializable(typeof(SendInfo))]
[JsonSerializable(typeof(IReadOnlyList<MessageInfo>))]
[JsonSerializable(typeof(IReadOnlyList<RequestInfo>))]
[JsonSerializable(typeof(QueueInfo))]
[JsonSerializable(typeof(IReadOnlyList<RadioInfo>))]
[JsonSerializable(typeof(AliasResult))]
[JsonSerializable(typeof(IReadOnlyList<AliasInfo>))]
[JsonSerializable(typeof(MetricsInfo))]
[JsonSerializable(typeof(IReadOnlyList<LiteGroupInfo>))]
[JsonSerializable(typeof(LiteInvitationInfo))]
[JsonSerializable(typeof(GroupInfo))]
[JsonSerializable(typeof(GroupListInfo))]
[JsonSerializable(typeof(IReadOnlyList<ChannelInfo>))]
[JsonSerializable(typeof(ChannelInvitationInfo))]
[JsonSerializable(typeof(IReadOnlyList<ConversationInfo>))]
[JsonSerializable(typeof(IReadOnlyList<ContactInfo>))]
[JsonSerializable(typeof(IReadOnlyList<BlockedInfo>))]
[JsonSerializable(typeof(VerifyInfo))]
[JsonSerializable(typeof(IReadOnlyList<TranscriptRecordInfo>))]
[JsonSerializable(typeof(FileTransferInfo))]
[JsonSerializable(typeof(IReadOnlyList<FileTransferInfo>))]
[JsonSerializable(typeof(FileBeginInfo))]
[JsonSerializable(typeof(FileDataInfo))]
[JsonSerializable(typeof(FileReadInfo))]
[JsonSerializable(typeof(FileEvent))]
[JsonSerializable(typeof(PageLinkInfo))]
[JsonSerializable(typeof(PageCodeInfo))]
[JsonSerializable(typeof(IReadOnlyList<SettingInfo>))]
[JsonSerializable(typeof(SettingsCheckInfo))]
[JsonSerializable(typeof(BackupCheckInfo))]
[JsonSerializable(typeof(ChangedEvent))]
[JsonSerializable(typeof(SettingEvent))]
[JsonSerializable(typeof(SecurityEvent))]
[JsonSerializable(typeof(ReadEvent))]
[JsonSerializable(typeof(TypingEvent))]
[JsonSerializable(typeof(MessageEvent))]
[JsonSerializable(typeof(StateEvent))]
[JsonSerializable(typeof(PeerUpEvent))]
[JsonSerializable(typeof(PeerDownEvent))]
[JsonSerializable(typeof(RouteEvent))]
[JsonSerializable(typeof(GroupEvent))]
[JsonSerializable(typeof(MlsGroupEvent))]
[JsonSerializable(typeof(StandingEvent))]
[JsonSerializable(typeof(DeletedEvent))]
[JsonSerializable(typeof(WarningEvent))]
[JsonSerializable(typeof(FappPracticeInfo))]
[JsonSerializable(typeof(FappOwnSlotInfo))]
[JsonSerializable(typeof(IReadOnlyList<FappOwnSlotInfo>))]
[JsonSerializable(typeof(IReadOnlyList<FappRequestInfo>))]
[JsonSerializable(typeof(FappRequestInfo))]
[JsonSerializable(typeof(FappReservationInfo))]
[JsonSerializable(typeof(IReadOnlyList<FappReservationInfo>))]
[JsonSerializable(typeof(FappSearchInfo))]
[JsonSerializable(typeof(FappWatchInfo))]
[JsonSerializable(typeof(IReadOnlyList<FappWatchInfo>))]
[JsonSerializable(typeof(IReadOnlyList<FappRefusalInfo>))]
[JsonSerializable(typeof(FappTrustInfo))]
[JsonSerializable(typeof(FappStatementInfo))]
[JsonSerializable(typeof(FappStatusInfo))]
[JsonSerializable(typeof(FappRequestEvent))]
[JsonSerializable(typeof(FappReservationEvent))]
[JsonSerializable(typeof(FappWatchEvent))]
[JsonSerializable(typeof(FappFloodEvent))]
[JsonSerializable(typeof(FappRivalEvent))]
[JsonSerializable(typeof(FappCalendarImportInfo))]
[JsonSerializable(typeof(FappExportInfo))]
[JsonSerializable(typeof(LostEvent))]
public sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Objects and lists within each other.</summary>
    private const int MaxDepth = 8;
}

namespace QuicProChat.Mesh.Routing;

/// <summary>What the router counts. Everything that is dropped or refused has a counter of its own.</summary>
public enum RouterCounter
{
    /// <summary>Envelopes from neighbours, each of a bundle too.</summary>
    EnvelopesReceived,

    /// <summary>Bytes of the frames that they came in.</summary>
    EnvelopeBytesReceived,

    /// <summary>Envelopes handed to links, repeats included, and each of a bundle.</summary>
    EnvelopesSent,

    /// <summary>Bundles from neighbours.</summary>
    BundlesReceived,

    /// <summary>Bundles handed to links.</summary>
    BundlesSent,

    /// <summary>Envelopes that a next hop took.</summary>
    EnvelopesForwarded,

    /// <summary>Envelopes for this node that the host accepted.</summary>
    EnvelopesDelivered,

    /// <summary>Envelopes that started here.</summary>
    EnvelopesOriginated,

    /// <summary>Envelopes that had to wait: no route, or a link without room.</summary>
    EnvelopesHeld,

    /// <summary>Envelopes written to disk because custody could not be passed on at once.</summary>
    EnvelopesPersisted,

    /// <summary>Frames sent again because the acknowledgement did not come.</summary>
    Retransmissions,

    /// <summary>Custody acknowledged to neighbours.</summary>
    CustodyTaken,

    /// <summary>Receipts that started here.</summary>
    ReceiptsOriginated,

    /// <summary>Receipts that proved a delivery.</summary>
    ReceiptsVerified,

    /// <summary>End-to-end repetitions.</summary>
    Repetitions,

    /// <summary>Bulk frames from neighbours.</summary>
    BulkReceived,

    /// <summary>Bulk frames of others handed to a link.</summary>
    BulkForwarded,

    /// <summary>Bulk frames for this node.</summary>
    BulkDelivered,

    /// <summary>Bulk frames that started here.</summary>
    BulkOriginated,

    /// <summary>Dropped: a bulk frame that does not parse.</summary>
    BulkMalformed,

    /// <summary>Dropped: more frames than a source may send.</summary>
    BulkTooFast,

    /// <summary>Dropped: a bulk frame without hops left.</summary>
    BulkHopLimit,

    /// <summary>Dropped: a bulk frame without a next hop, or this node does not relay.</summary>
    BulkNoWayOn,

    /// <summary>Dropped: the next hop's link has no room for more bulk, or none for a frame of that size.</summary>
    BulkNoRoom,

    /// <summary>Dropped: the next hop is over a radio, and the bulk frame does not say that it may.</summary>
    BulkNotOverRadio,

    /// <summary>An empty frame.</summary>
    FrameEmpty,

    /// <summary>A frame of an unknown kind: skipped.</summary>
    FrameUnknownKind,

    /// <summary>A frame that only transports handle, or a bundle over a link that is no stream: skipped.</summary>
    FrameUnexpected,

    /// <summary>Dropped: an envelope that does not parse.</summary>
    DropMalformed,

    /// <summary>Dropped: larger than this node takes.</summary>
    DropTooLarge,

    /// <summary>Dropped: no lifetime left on arrival.</summary>
    DropExpired,

    /// <summary>Dropped: seen before in this or a later generation.</summary>
    DropRepeat,

    /// <summary>Refused: it came round while an earlier copy is still here.</summary>
    DropCameRound,

    /// <summary>Refused: no hops left, or one, and its destination is no neighbour.</summary>
    DropHopLimit,

    /// <summary>Refused: no next hop but the neighbour it came from.</summary>
    DropNoWayOn,

    /// <summary>Refused: all the space is taken.</summary>
    DropQuotaTotal,

    /// <summary>Refused: this neighbour's share of the space is taken.</summary>
    DropQuotaNeighbour,

    /// <summary>Refused: this destination's share of the space is taken.</summary>
    DropQuotaDestination,

    /// <summary>Refused: more per second than a neighbour may send.</summary>
    DropTooFast,

    /// <summary>
    /// Dropped without an answer: in bundles, from a neighbour that goes on although it was told "too fast".
    /// </summary>
    DropUnanswered,

    /// <summary>Refused: more waits for the disk than fits in memory.</summary>
    DropDiskBehind,

    /// <summary>Refused: this source has had as much written to disk as it may.</summary>
    DropDiskRate,

    /// <summary>Refused: too much from this source could not be opened, or was here already.</summary>
    DropOpeningRate,

    /// <summary>Refused: the disk failed to write it.</summary>
    DropPersistFailed,

    /// <summary>Refused: the host had no space for a message to this node.</summary>
    DropHostFull,

    /// <summary>Dropped: the host could not open it.</summary>
    DropRejected,

    /// <summary>Lost: held until its lifetime ended.</summary>
    LostExpired,

    /// <summary>Not held on: on disk when the node started, but the quotas of today have no room for it.</summary>
    LostEvicted,

    /// <summary>Lost: its bytes were gone from disk.</summary>
    LostUnreadable,

    /// <summary>A receipt that matches nothing that waits for one: forged, or too late.</summary>
    ReceiptUnknown,

    /// <summary>A receipt of the wrong size.</summary>
    ReceiptMalformed,

    /// <summary>A custody acknowledgement that does not parse.</summary>
    AckMalformed,

    /// <summary>An acknowledgement for nothing outstanding on that link: late, repeated or forged.</summary>
    AckUnknown,

    /// <summary>Custody answers not sent, because too many waited for room on the link.</summary>
    AnswersDropped,

    /// <summary>A next hop refused: no space.</summary>
    RefusedFull,

    /// <summary>A next hop refused: too large.</summary>
    RefusedTooLarge,

    /// <summary>A next hop refused: expired.</summary>
    RefusedExpired,

    /// <summary>A next hop refused: too fast.</summary>
    RefusedTooFast,

    /// <summary>A next hop refused: no way on.</summary>
    RefusedNoWayOn,

    /// <summary>A next hop refused: a code that this version does not know.</summary>
    RefusedUnknown,

    /// <summary>A next hop did not answer in time and was given up for an envelope.</summary>
    NextHopSilent,
}

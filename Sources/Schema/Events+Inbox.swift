/// `session.inbox.cancelled`: An item of the inbox was withdrawn.
package struct SessionInboxCancelled: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The inbox id.
    package var inboxID: String

    /// The event's data.
    package init(sessionID: String, inboxID: String) {
        self.sessionID = sessionID
        self.inboxID = inboxID
    }
}

/// `session.inbox.delivered`: An item of the inbox became a message of the running execution.
package struct SessionInboxDelivered: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The inbox id.
    package var inboxID: String

    /// The event's data.
    package init(sessionID: String, inboxID: String) {
        self.sessionID = sessionID
        self.inboxID = inboxID
    }
}

/// `session.inbox.delivery.changed`: An item of the inbox will be taken up at another time.
package struct SessionInboxDeliveryChanged: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The inbox id.
    package var inboxID: String
    /// When it is taken up.
    package var delivery: Delivery

    /// The event's data.
    package init(sessionID: String, inboxID: String, delivery: Delivery) {
        self.sessionID = sessionID
        self.inboxID = inboxID
        self.delivery = delivery
    }
}

/// `session.inbox.enqueued`: A prompt or another request arrived; it is durable from here on.
package struct SessionInboxEnqueued: Codable, Sendable, Equatable {
    /// The session.
    package var sessionID: String
    /// The inbox id.
    package var inboxID: String
    /// What arrived.
    package var item: InboxItem

    /// The event's data.
    package init(sessionID: String, inboxID: String, item: InboxItem) {
        self.sessionID = sessionID
        self.inboxID = inboxID
        self.item = item
    }
}
